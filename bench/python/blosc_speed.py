"""Encodes and decodes pieces of a file by c-blosc in one thread: least seconds over the rounds, and encoded bytes.

python blosc_speed.py FILE PIECE_BYTES ROUNDS [CODEC SHUFFLE]
"""

import json
import sys
import time

import numcodecs
import numpy

numcodecs.blosc.use_threads = False
path, piece_bytes, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
pieces = numpy.fromfile(path, "<u2").reshape(-1, piece_bytes // 2)
name, shuffle = sys.argv[4:6] if len(sys.argv) > 5 else ("lz4", "byte")
shuffles = {"byte": numcodecs.Blosc.SHUFFLE, "bit": numcodecs.Blosc.BITSHUFFLE}
codec = numcodecs.Blosc(cname=name, clevel=5, shuffle=shuffles[shuffle])
rooms = numpy.empty_like(pieces)


def timed(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


encoded = [codec.encode(piece) for piece in pieces]
best = [
    [min(timed(lambda: codec.encode(piece)) for _ in range(rounds)) for piece in pieces],
    [min(timed(lambda: codec.decode(chunk, room)) for _ in range(rounds)) for chunk, room in zip(encoded, rooms)],
]
print(json.dumps({"encode": sum(best[0]), "decode": sum(best[1]), "bytes": sum(map(len, encoded))}))
