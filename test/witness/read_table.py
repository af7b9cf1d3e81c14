"""Downloads a table of a job of the witness tests with an unchanged PyODPS.

Usage: read_table.py ENDPOINT ACCESS_ID ACCESS_KEY PROJECT TABLE. Prints one JSON line a row: topic
partition, offset, headers, and key and value as base64 (or null), from the STRING and from the BINARY columns.
"""

import base64
import json
import sys

from odps import ODPS, options

endpoint, access_id, access_key, project, table = sys.argv[1:6]
options.tunnel.string_as_binary = True
odps = ODPS(access_id, access_key, project, endpoint=endpoint)


def encoded(value):
    if value is None:
        return None
    assert isinstance(value, bytes), type(value)
    return base64.b64encode(value).decode()


with odps.get_table(table).open_reader() as reader:
    for row in reader:
        line = {
            "topicPartition": row["kafka_partition"],
            "offset": row["kafka_offset"],
            "headers": row["h"].decode(),
            "asString": {"key": encoded(row["k_string"]), "value": encoded(row["v_string"])},
            "asBinary": {"key": encoded(row["k_binary"]), "value": encoded(row["v_binary"])},
        }
        print(json.dumps(line))
