"""A second implementation of the vector index, written from its documentation: Python's standard library, no speed.

Reads commands, a line each, on the standard input and answers `commit` with the root and `search` with id:distance pairs.

    create METRIC DIMENSION SCALE COUNTMAX NORMMAX OWNER
    insert KIND SUBJECT TAG OWNER COMPONENT...      delete KIND SUBJECT      settle BUDGET      commit
    search exact|SUPERS,LISTS,FINALISTS LIMIT DISTANCEMAX|- TAG|- OWNER|- COMPONENT...
"""

import hashlib
import math
import struct
import sys

CHUNK, TARGET, MAX, MIN, INSERT_SUPERS, STEPS, PART, NEIGHBOURS, REROUTED = 16, 96, 192, 8, 16, 4, 8, 8, 64


def fan_out(supers):
    return max(24, min(256, supers // 4))


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def dot(left, right):
    return sum(a * b for a, b in zip(left, right))


def score(centroid, row):
    """Squared distance less the row's squared length."""
    return dot(centroid, centroid) - 2 * dot(centroid, row)


class Centroid:
    def __init__(self, row):
        self.step = max(1, (max(abs(x) for x in row) + 14) // 15)
        self.levels = [min(15, (x + 16 * self.step) // (2 * self.step)) for x in row]
        self.row = [max(-127, min(127, (2 * n - 15) * self.step)) for n in self.levels]

    def encoded(self):
        levels = self.levels + [0] * (len(self.levels) % 2)
        return bytes([self.step]) + bytes(a | b << 4 for a, b in zip(levels[::2], levels[1::2]))


def mean(rows):
    count = len(rows)
    sums = [sum(column) for column in zip(*rows)]
    return [(1 if s >= 0 else -1) * ((2 * abs(s) + count) // (2 * count)) for s in sums]


def two_means(rows, ids):
    """Centroids of the halves, and which rows are in the second."""
    first = min(range(len(rows)), key=lambda i: (rows[i], i))
    second = min(range(len(rows)), key=lambda i: (-(dot(rows[i], rows[i]) - 2 * dot(rows[i], rows[first])), ids[i]))
    means = [rows[first], rows[second]]

    def margins(centres):
        return [score(centres[0], row) - score(centres[1], row) for row in rows]

    def update(sides):
        return [[row for row, is_second in zip(rows, sides) if is_second == side] for side in (False, True)]

    for _ in range(STEPS):
        for side, members in enumerate(update([m > 0 for m in margins(means)])):
            if members:
                means[side] = mean(members)
    centroids = [Centroid(m) for m in means]
    last = margins([c.row for c in centroids])
    sides = [m > 0 for m in last]
    if min(sum(sides), len(rows) - sum(sides)) * PART < len(rows):
        order = sorted(range(len(rows)), key=lambda i: (last[i], ids[i]))
        sides = [False] * len(rows)
        for i in order[len(rows) // 2:]:
            sides[i] = True
        centroids = [Centroid(mean(members)) for members in update(sides)]
    return centroids, sides


class Entry:
    def __init__(self, number, kind, subject, tag, owner, vector):
        self.id, self.kind, self.subject, self.tag, self.owner, self.vector = number, kind, subject, tag, owner, vector

    def leaf(self):
        head = struct.pack(">BQH", 0, self.id, self.kind) + self.subject + struct.pack(">II", self.tag, self.owner)
        return sha(head, struct.pack("%db" % len(self.vector), *self.vector))


class List:
    def __init__(self, number, centroid):
        self.id, self.centroid, self.entries = number, centroid, []

    def remove(self, place):
        last = self.entries.pop()
        if place < len(self.entries):
            self.entries[place] = last


class Super:
    def __init__(self, number, centroid):
        self.id, self.centroid, self.lists = number, centroid, []

    def refresh(self):
        if self.lists:
            self.centroid = Centroid(mean([one.centroid.row for one in self.lists]))


class Collection:
    def __init__(self, metric, dimension, scale, count_max, norm_max, owner):
        self.metric, self.dimension, self.scale = metric, dimension, scale
        self.parameters = struct.pack(">BBBBHBIIQ", 1, metric, 1, 1, dimension, scale, count_max, norm_max, 0) + owner
        self.supers, self.subjects, self.owners = [], {}, {}
        self.next_id = self.next_list = self.next_super = 1
        self.planes = (dimension + 15) // 16 * 2

    # Vectors

    def admit(self, vector):
        if self.metric != 2:
            return vector
        length = 1 << self.scale
        root = math.isqrt(dot(vector, vector) << 16)
        return [(1 if x >= 0 else -1) * min(127, (2 * abs(x) * length * 256 + root) // (2 * root)) for x in vector]

    def code(self, vector, centroid):
        residual = [x - c for x, c in zip(vector, centroid)]
        signs = [-1 if r < 0 else 1 for r in residual]
        absolute = sum(map(abs, residual))
        factor = 128 * dot(residual, residual) // absolute if absolute else 0
        offset = dot(residual, centroid) - factor * dot(signs, centroid) // 128
        base = dot(vector, vector) - 2 * offset if self.metric == 1 else -offset
        return signs, factor, base

    # Updates

    def nearest_supers(self, vector, limit):
        order = sorted(range(len(self.supers)), key=lambda i: (score(self.supers[i].centroid.row, vector), i))
        return [self.supers[i] for i in order[:limit]]

    def route(self, vector):
        lists = [one for node in self.nearest_supers(vector, INSERT_SUPERS) for one in node.lists]
        return min(lists, key=lambda one: (score(one.centroid.row, vector), one.id))

    def node_of(self, one):
        return next(node for node in self.supers if one in node.lists)

    def put(self, node, one):
        node.lists.append(one)
        node.lists.sort(key=lambda each: each.id)

    def new_super(self, centroid):
        self.supers.append(Super(self.next_super, centroid))
        self.next_super += 1
        return self.supers[-1]

    def new_list(self, node, centroid):
        one = List(self.next_list, centroid)
        self.next_list += 1
        self.put(node, one)
        return one

    def insert(self, kind, subject, tag, owner, vector):
        vector = self.admit(vector)
        number = self.owners.setdefault(owner, len(self.owners) + 1)
        entry = Entry(self.next_id, kind, subject, tag, number, vector)
        self.next_id += 1
        self.subjects[kind, subject] = entry
        self.place(entry)

    def place(self, entry):
        if not self.supers:
            centroid = Centroid(entry.vector)
            self.new_list(self.new_super(centroid), centroid)
        one = self.route(entry.vector)
        if len(one.entries) >= MAX:
            self.split(one)
            one = self.route(entry.vector)
        one.entries.append(entry)

    def delete(self, kind, subject):
        entry = self.subjects.pop((kind, subject))
        for node in self.supers:
            for one in node.lists:
                if entry in one.entries:
                    return one.remove(one.entries.index(entry))

    def all_lists(self):
        return sorted((one for node in self.supers for one in node.lists), key=lambda one: one.id)

    def settle(self, budget):
        while budget > 0:
            long = [one for one in self.all_lists() if len(one.entries) > TARGET]
            if not long:
                break
            self.split(long[0])
            budget -= 1
        while budget > 0:
            short = [one for one in self.all_lists() if len(one.entries) < MIN]
            if not short or len(self.all_lists()) < 2:
                break
            self.merge(short[0])
            budget -= 1

    def split(self, one):
        centre = one.centroid.row
        near = self.nearest_supers(centre, INSERT_SUPERS)
        others = [each for node in self.supers if node in near for each in node.lists if each is not one]
        ranked = sorted(range(len(others)), key=lambda i: (score(others[i].centroid.row, centre), i))
        neighbours = [others[i] for i in ranked[:NEIGHBOURS]]
        old = one.entries
        before = {entry.id: score(centre, entry.vector) for entry in old}
        centroids, sides = two_means([entry.vector for entry in old], [entry.id for entry in old])
        one.centroid = centroids[0]
        second = self.new_list(self.nearest_supers(centroids[1].row, 1)[0], centroids[1])
        one.entries = [entry for entry, is_second in zip(old, sides) if not is_second]
        second.entries = [entry for entry, is_second in zip(old, sides) if is_second]
        halves = [one, second]
        self.reassign(halves, neighbours)
        self.reroute(halves, before)
        for each in halves + neighbours:
            if each.entries:
                centroid = Centroid(mean([entry.vector for entry in each.entries]))
                if centroid.row != each.centroid.row:
                    each.centroid = centroid
        self.move(one)
        for half in halves:
            self.node_of(half).refresh()
        crowded = self.node_of(second)
        if len(crowded.lists) > fan_out(len(self.supers)):
            self.split_super(crowded)

    def reassign(self, halves, neighbours):
        moves = []
        pairs = [(half, neighbours) for half in halves]
        pairs += [(each, halves) for each in sorted(neighbours, key=lambda each: each.id)]
        for source, targets in pairs:
            for place, entry in enumerate(source.entries):
                candidates = [source] + targets
                best = min(range(len(candidates)), key=lambda i: (score(candidates[i].centroid.row, entry.vector), i))
                if best:
                    moves.append((source, place, candidates[best]))
        for source, place, target in reversed(moves):
            if len(target.entries) < TARGET and len(source.entries) > MIN:
                entry = source.entries[place]
                source.remove(place)
                target.entries.append(entry)

    def reroute(self, halves, before):
        left = REROUTED
        for half in halves:
            for place, entry in reversed(list(enumerate(half.entries))):
                if left == 0 or entry.id not in before:
                    continue
                if score(half.centroid.row, entry.vector) <= before[entry.id]:
                    continue
                left -= 1
                target = self.route(entry.vector)
                if target is not half and len(target.entries) < TARGET and len(half.entries) > MIN:
                    half.remove(place)
                    target.entries.append(entry)

    def move(self, one):
        node = self.node_of(one)
        to = self.nearest_supers(one.centroid.row, 1)[0]
        if to is not node and len(node.lists) > 1 and len(to.lists) < fan_out(len(self.supers)):
            node.lists.remove(one)
            self.put(to, one)

    def split_super(self, node):
        old = list(node.lists)
        centroids, sides = two_means([one.centroid.row for one in old], [one.id for one in old])
        other = self.new_super(centroids[1])
        node.lists = [one for one, is_second in zip(old, sides) if not is_second]
        other.lists = [one for one, is_second in zip(old, sides) if is_second]
        node.refresh()
        other.refresh()
        for one in old:
            self.move(one)
        node.refresh()
        other.refresh()

    def merge(self, one):
        node = self.node_of(one)
        node.lists.remove(one)
        node.refresh()
        if not node.lists:
            self.supers.remove(node)
        for entry in one.entries:
            self.place(entry)

    # Root

    def root(self):
        branches = []
        for node in self.supers:
            children = [self.child(one) for one in node.lists]
            head = b"\x09" + struct.pack(">I", node.id) + node.centroid.encoded()
            branches.append(sha(head, sha(b"\x08", *children)))
        return sha(b"vivian/vector/index/v1", self.parameters, struct.pack(">I", len(self.subjects)), *branches)

    def child(self, one):
        chunks = [one.entries[i:i + CHUNK] for i in range(0, len(one.entries), CHUNK)]
        hashes = [self.chunk(chunk, one.centroid.row) for chunk in chunks]
        head = b"\x07" + struct.pack(">II", one.id, len(one.entries)) + one.centroid.encoded()
        return sha(head, sha(b"\x06", *hashes))

    def chunk(self, entries, centroid):
        planes = bytearray(self.planes * CHUNK)
        factors, bases = [0] * CHUNK, [0] * CHUNK
        for place, entry in enumerate(entries):
            signs, factors[place], bases[place] = self.code(entry.vector, centroid)
            signs += [1] * (self.planes * 8 - len(signs))
            for index, sign in enumerate(signs):
                if sign > 0:
                    planes[index // 8 * CHUNK + place] |= 1 << index % 8
        codes = sha(b"\x05", planes, struct.pack("<16H", *factors), struct.pack("<16i", *bases))
        labels = [n for entry in entries for n in (entry.tag, entry.owner)] + [0] * (2 * (CHUNK - len(entries)))
        level = [entry.leaf() for entry in entries] + [bytes(32)] * (CHUNK - len(entries))
        while len(level) > 1:
            level = [sha(b"\x01", a, b) for a, b in zip(level[::2], level[1::2])]
        rest = sha(b"\x03", sha(b"\x02", struct.pack(">32I", *labels)), level[0])
        return sha(b"\x04", codes, rest)

    # Search

    def distance(self, query, vector):
        if self.metric == 1:
            return sum((a - b) ** 2 for a, b in zip(query, vector))
        return -dot(query, vector)

    def keys(self, query, one):
        """Estimated keys of a list's entries."""
        largest = max(map(abs, query))
        shift = 0
        while largest >> shift > 31:
            shift += 1
        magnitudes = [min(31, (abs(x) + (1 << shift) // 2) >> shift) for x in query]
        drop = 0
        while self.dimension * 31 >> drop > 32767:
            drop += 1
        weight = 2 if self.metric == 1 else 1
        for entry in one.entries:
            signs, factor, base = self.code(entry.vector, one.centroid.row)
            agreeing = sum(m for m, s, x in zip(magnitudes, signs, query) if (s > 0) == (x >= 0))
            total = (2 * agreeing - sum(magnitudes)) >> drop
            part = factor * total >> 7 - shift << drop
            yield base - weight * (dot(one.centroid.row, query) + part)

    def choose(self, query, supers, lists):
        opened = self.nearest_supers(query, supers)
        candidates = [one for node in self.supers if node in opened for one in node.lists]

        def rank(one):
            centre = one.centroid.row
            if self.metric == 1:
                return score(centre, query)
            norm = dot(centre, centre)
            inverse = math.isqrt(2**60 // norm) if norm else 0
            return -(dot(centre, query) * inverse >> 14)

        order = sorted(range(len(candidates)), key=lambda i: (rank(candidates[i]), i))
        return [candidates[i] for i in order[:lists]]

    def search(self, mode, limit, distance_max, tag, owner, query):
        query = self.admit(query)
        number = None if owner is None else self.owners.get(owner, 0)

        def wanted(entry):
            return (tag is None or entry.tag == tag) and (number is None or entry.owner == number)

        if mode is None:
            finalists = [entry for one in self.all_lists() for entry in one.entries if wanted(entry)]
        else:
            found = []
            for rank, one in enumerate(self.choose(query, mode[0], mode[1])):
                for place, key in enumerate(self.keys(query, one)):
                    if wanted(one.entries[place]):
                        found.append((key, rank, place, one.entries[place]))
            finalists = [entry for *_, entry in sorted(found, key=lambda item: item[:3])[:mode[2]]]
        answers = sorted((self.distance(query, entry.vector), entry.id) for entry in finalists)
        if distance_max is not None:
            answers = [answer for answer in answers if answer[0] <= distance_max]
        return answers[:limit]


def optional(word, read):
    return None if word == "-" else read(word)


def main():
    collection = None
    for line in sys.stdin:
        name, *words = line.split()
        if name == "create":
            collection = Collection(*map(int, words[:5]), bytes.fromhex(words[5]))
        elif name == "insert":
            kind, subject, tag, owner, *vector = words
            collection.insert(
                int(kind), bytes.fromhex(subject), int(tag), bytes.fromhex(owner), [int(x) for x in vector])
        elif name == "delete":
            collection.delete(int(words[0]), bytes.fromhex(words[1]))
        elif name == "settle":
            collection.settle(int(words[0]))
        elif name == "commit":
            print(collection.root().hex())
        else:
            mode = None if words[0] == "exact" else [int(x) for x in words[0].split(",")]
            answers = collection.search(
                mode, int(words[1]), optional(words[2], int), optional(words[3], int),
                optional(words[4], bytes.fromhex), [int(x) for x in words[5:]])
            print(" ".join("%d:%d" % (number, distance) for distance, number in answers) or "none")


main()
