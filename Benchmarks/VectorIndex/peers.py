"""The vector index beside hnswlib, usearch (int8) and faiss, one thread, in one run, alternating.

usage: peers.py BINARY FOLDER [real|generated|million]...
FOLDER takes the generated sets; CPU time of the thread for all, so that a shared machine leaves the ratios comparable.
Prints a table a set, and writes FOLDER/curve-SET.svg: recall@10 against queries a second.
"""

import os
import subprocess
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
import faiss  # noqa: E402
import hnswlib  # noqa: E402
import numpy as np  # noqa: E402
from usearch.index import Index  # noqa: E402

DIMENSION, ROUNDS = 384, int(os.environ.get("ROUNDS", "5"))
HERE = os.path.dirname(os.path.abspath(__file__))


# Settings of the peers, close enough that the fastest one at a recall is not missed by much.
WIDTHS = (12, 16, 20, 24, 28, 32, 36, 40, 48, 64, 96)
PROBES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 40, 44, 48, 56, 64)
FACTORS = (2, 3, 4, 5, 6, 8, 16)


def generated(path, count, clusters, seed):
    """Rows around `clusters` random directions: centre + 0.7 x noise, normalised, times 480, as the real set is."""
    names = [f"{path}-{part}.bin" for part in "bqt"]
    if all(map(os.path.exists, names)):
        return names
    random = np.random.default_rng(seed)
    centres = random.standard_normal((clusters, DIMENSION)).astype(np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)

    def rows(n):
        noise = random.standard_normal((n, DIMENSION)).astype(np.float32) * np.float32(0.7 / np.sqrt(DIMENSION))
        x = centres[random.integers(0, clusters, n)] + noise
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        return np.clip(np.rint(x * 480), -127, 127).astype(np.int8)

    queries = rows(500)
    queries.tofile(names[1])
    products, places = np.full((500, 0), 0.0), np.zeros((500, 0), int)
    with open(names[0], "wb") as file:
        for start in range(0, count, 50_000):
            part = rows(min(50_000, count - start))
            part.tofile(file)
            found = queries.astype(np.float32) @ part.T.astype(np.float32)
            best = np.argsort(-found, axis=1, kind="stable")[:, :10]
            products = np.hstack([products, np.take_along_axis(found, best, 1)])
            places = np.hstack([places, best + start])
    order = np.argsort(-products, axis=1, kind="stable")[:, :10]
    np.take_along_axis(places, order, 1).astype("<u4").tofile(names[2])
    return names


class Ours:
    """The Swift program, a command at a time."""

    def __init__(self, binary, names):
        self.process = subprocess.Popen(
            [binary, *names, str(DIMENSION)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().strip()
        print(line, flush=True)
        return line

    def search(self, *numbers):
        line = self.say("search " + " ".join(map(str, numbers)) + " 1")
        return float(line.split("recall ")[1].split(",")[0]), float(line.split(", ")[1].split("/s")[0])


def peers(base, queries, count):
    """Name, function of a setting, settings; and what a second takes in of each graph."""
    x, q = base.astype(np.float32) / 480, queries.astype(np.float32) / 480
    lists = max(64, int(count ** 0.5 * 1.4))
    found, rates = [], []

    def build(name, body):
        began = time.thread_time()
        index = body()
        rates.append((name, count / (time.thread_time() - began)))
        return index

    def faiss_index(kind, train=100_000):
        index = faiss.index_factory(DIMENSION, kind, faiss.METRIC_INNER_PRODUCT)
        index.train(x[:train])
        return index

    def filled(index):
        index.add(x)
        return index

    def graph():
        index = faiss_index("HNSW16,SQ8")
        index.hnsw.efConstruction = 100
        return filled(index)

    hnsw = build("faiss HNSW16,SQ8", graph)

    def search_hnsw(ef):
        hnsw.hnsw.efSearch = ef
        return hnsw.search(q, 10)[1]

    found.append(("faiss HNSW16,SQ8", search_hnsw, WIDTHS))
    scalar = Index(ndim=DIMENSION, metric="ip", dtype="i8")
    build("usearch i8", lambda: scalar.add(np.arange(count), base, threads=1))

    def search_usearch(ef):
        scalar.expansion_search = ef
        return scalar.search(queries, 10, threads=1).keys

    found.append(("usearch i8", search_usearch, WIDTHS))
    plain = hnswlib.Index("ip", DIMENSION)
    plain.init_index(count, M=16, ef_construction=100)
    plain.set_num_threads(1)
    build("hnswlib", lambda: plain.add_items(x, num_threads=1))

    def search_hnswlib(ef):
        plain.set_ef(ef)
        return plain.knn_query(q, 10, num_threads=1)[0]

    found.append(("hnswlib", search_hnswlib, WIDTHS))
    for kind in (f"IVF{lists},SQ8", f"IVF{lists},PQ96x4fs,RFlat", "PQ96x4fs,RFlat", "SQ8"):
        index = filled(faiss_index(kind))

        def search(setting, index=index):
            probes, factor = setting
            inner = index
            if hasattr(index, "base_index"):
                index.k_factor = factor
                inner = faiss.downcast_index(index.base_index)
            if hasattr(inner, "nprobe"):
                inner.nprobe = probes
            return index.search(q, 10)[1]

        probes = PROBES if "IVF" in kind else (1,)
        factors = FACTORS if "RFlat" in kind else (1,)
        found.append((f"faiss {kind}", search, [(p, f) for p in probes for f in factors]))
    return found, rates


def measure(ours, grid, base, queries, truth, count):
    recall = lambda ids: float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(ids, truth)]))
    found, rates = peers(base, queries, count)
    points = {}
    # Round after round through everything, so that what the machine does meanwhile falls on all alike.
    for _ in range(ROUNDS):
        for numbers in grid:
            points.setdefault(("vivian", numbers), []).append(ours.search(*numbers))
        for name, search, settings in found:
            for setting in settings:
                began = time.thread_time()
                ids = search(setting)
                points.setdefault((name, setting), []).append(
                    (recall(ids), len(queries) / (time.thread_time() - began)))
    curves = {}
    for (name, setting), runs in points.items():
        rate = sorted(run[1] for run in runs)[len(runs) // 2]
        curves.setdefault(name, []).append((runs[0][0], rate, setting))
    return curves, rates


def best(curve, least=0.95):
    return max((point for point in curve if point[0] >= least), key=lambda point: point[1], default=None)


def report(name, curves, rates, insert):
    print(f"\n{name}: fastest with recall@10 >= 0.95, medians of {ROUNDS} rounds")
    ranked = sorted(((best(curve), who) for who, curve in curves.items() if best(curve)), reverse=True,
                    key=lambda item: item[0][1])
    for point, who in ranked:
        print(f"  {who:32} {point[1]:9.0f}/s  recall {point[0]:.4f}  {point[2]}")
    mine = best(curves["vivian"])
    rival = next(((point, who) for point, who in ranked if who != "vivian"), None)
    if mine and rival:
        print(f"  ratio to {rival[1]}: {mine[1] / rival[0][1]:.2f}")
    for who, rate in sorted(rates, key=lambda item: -item[1]):
        print(f"  inserts {who:24} {rate:9.0f}/s   ours is {insert / rate:.1f} times that")


def picture(path, title, curves):
    """Recall against queries a second (logarithmic), the upper envelope of each."""
    shown = {who: sorted(p for p in curve if p[0] >= 0.8) for who, curve in curves.items()}
    rates = [p[1] for curve in shown.values() for p in curve]
    low, high = np.log10(min(rates)) - 0.05, np.log10(max(rates)) + 0.05
    place = lambda p: (60 + (p[0] - 0.8) / 0.2 * 560, 340 - (np.log10(p[1]) - low) / (high - low) * 300)
    colours = ["#c00000", "#1f77b4", "#2ca02c", "#9467bd", "#8c564b", "#ff7f0e", "#17becf", "#7f7f7f"]
    parts = [f'<text x="60" y="20" font-size="14">{title}</text>']
    for value in (0.8, 0.85, 0.9, 0.95, 1.0):
        x = place((value, 10 ** low))[0]
        parts.append(f'<line x1="{x}" y1="40" x2="{x}" y2="340" stroke="#ddd"/><text x="{x - 10}" y="356">{value}</text>')
    for value in (500, 1000, 2000, 5000, 10000, 20000, 50000, 100000):
        if low <= np.log10(value) <= high:
            y = place((0.8, value))[1]
            parts.append(f'<line x1="60" y1="{y}" x2="620" y2="{y}" stroke="#ddd"/><text x="4" y="{y + 4}">{value}/s</text>')
    for index, (who, curve) in enumerate(shown.items()):
        envelope = [p for p in curve if not any(o[0] >= p[0] and o[1] > p[1] for o in curve)]
        colour = colours[index % len(colours)]
        dots = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(place, envelope))
        parts.append(f'<polyline points="{dots}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="640" y="{60 + 18 * index}" fill="{colour}">{who}</text>')
    body = "\n".join(parts)
    with open(path, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="860" height="370" font-family="sans-serif" '
                   f'font-size="11"><rect width="860" height="370" fill="#fff"/>\n{body}\n</svg>\n')


def real():
    shared = os.environ.get("VIVIAN_VECTORS", os.path.join(HERE, "../../../shared/vectors")) + "/embeddings"
    return [f"{shared}/{name}" for name in ("base-20k-i8.bin", "query-500-i8.bin", "query-500-top10-ids-u32le.bin")]


GRIDS = {
    "real": [
        (32, lists, finalists)
        for lists in (20, 40, 60, 72, 74, 76, 80, 100, 140) for finalists in (30, 40, 50, 60, 80)
    ],
    "generated": [
        (supers, lists, finalists)
        for supers in (2, 4, 6, 8, 10, 12, 16, 32) for lists in (1, 2, 4) for finalists in (30, 40, 50, 60)
    ],
    "million": [(supers, lists, 40) for supers in (64, 128, 256, 400) for lists in (4, 8, 16)],
}


def main():
    binary, folder, *sets = sys.argv[1:]
    print("load average", os.getloadavg()[0], "on", os.cpu_count(), "cores")
    for name in sets or ["real", "generated"]:
        names = {
            "real": real, "generated": lambda: generated(f"{folder}/generated", 100_000, 2_000, 1),
            "million": lambda: generated(f"{folder}/million", 1_000_000, 20_000, 2),
        }[name]()
        count = os.path.getsize(names[0]) // DIMENSION
        ours = Ours(binary, names)
        # Apart: what an insert costs at a tenth of the size and at its end.
        hundredth = count // 100
        bounds = (0, 9, 11, 98, 100) if name == "million" else (0, 10, 100)
        for start, end in zip(bounds, bounds[1:]):
            line = ours.say(f"insert {start * hundredth} {(end - start) * hundredth} 1000")
        insert = float(line.split(", ")[1].split("/s")[0])
        ours.say("shape")
        ours.say("exact")
        if name == "million":
            for numbers in GRIDS[name]:
                ours.search(*numbers)
            ours.say("prove 128 8 40")
            ours.say("reload")
            continue
        base = np.fromfile(names[0], np.int8).reshape(-1, DIMENSION)
        queries = np.fromfile(names[1], np.int8).reshape(-1, DIMENSION)
        truth = np.fromfile(names[2], "<u4").reshape(-1, 10)
        curves, rates = measure(ours, GRIDS[name], base, queries, truth, count)
        report(name, curves, rates, insert)
        picture(f"{folder}/curve-{name}.svg", f"{name}: recall@10 against queries a second, one thread", curves)
        chosen = best(curves["vivian"])
        if chosen:
            ours.say("prove " + " ".join(map(str, chosen[2])))
        ours.say("churn")
        ours.say("reload")


main()
