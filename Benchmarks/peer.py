"""The reference event hash program on the document at the first argument: events a second of CPU time, median of 5.

usage: peer.py DOCUMENT (epcis-event-hash-generator 1.9.3)
"""
import importlib.metadata, logging, statistics, sys, time
from epcis_event_hash_generator import events_from_file_reader, hash_generator

logging.disable(logging.CRITICAL)
events = events_from_file_reader.event_list_from_file(sys.argv[1])
assert events is not None and len(events[2]) == 1000, "the peer did not read 1,000 events"
times = []
for _ in range(5):
    began = time.process_time()
    hash_generator.epcis_hashes_from_events(events)
    times.append(time.process_time() - began)
version = importlib.metadata.version("epcis-event-hash-generator")
print(f"epcis.eventhash peer=epcis-event-hash-generator-{version}: {1000 / statistics.median(times):,.0f}/s (CPU)")
