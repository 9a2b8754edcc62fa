#!/usr/bin/env python3
"""A second reader of entries, written from docs/format.md alone: prints the live tree of an entry in an OCI layout.

    read_index.py LAYOUT TAG

One line for each entry, in the order of the format: a JSON array of path, type, mode, seconds, nanoseconds, then size and digest
of a file or the target of a link, and the place: layer, frame, offset. Bytes of names are characters U+0000 to U+00FF.
Needs the zstd program.
"""

import hashlib
import json
import os
import struct
import subprocess
import sys

ZSTD_EMPTY_TAR = bytes.fromhex("28b52ffd60000303200000")
GZIP_EMPTY_TAR = bytes.fromhex("1f8b08000000000000ff63601805a360148c5400002eafb5ef00040000")
MEMBER_HEAD = bytes.fromhex("1f8b08040000000000ff")
MEMBER_TAIL = bytes.fromhex("03000000000000000000")
DELETED, FILE, DIRECTORY, SYMLINK, HARDLINK = range(5)
NAMES = ["deleted", "file", "directory", "symlink", "hardlink"]


class Bytes:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def left(self):
        return len(self.data) - self.at

    def take(self, count):
        assert count <= self.left(), "the data ends too early"
        self.at += count
        return self.data[self.at - count : self.at]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def zigzag(self):
        value = self.varint()
        return (value >> 1) ^ -(value & 1)


def blob(layout, digest):
    algorithm, digits = digest.split(":")
    with open(os.path.join(layout, "blobs", algorithm, digits), "rb") as file:
        data = file.read()
    assert hashlib.sha256(data).hexdigest() == digits, "a blob does not have its digest"
    return data


def index_data(layer, media_type):
    if media_type.endswith("+zstd"):
        assert layer.startswith(ZSTD_EMPTY_TAR)
        rest = layer[len(ZSTD_EMPTY_TAR) :]
        magic, length = struct.unpack("<II", rest[:8])
        assert magic == 0x184D2A50 and length == len(rest) - 8
        return rest[8:]
    assert layer.startswith(GZIP_EMPTY_TAR)
    rest = Bytes(layer[len(GZIP_EMPTY_TAR) :])
    pieces = []
    while rest.left() > 0:
        assert rest.take(len(MEMBER_HEAD)) == MEMBER_HEAD
        extra, name, length = struct.unpack("<H2sH", rest.take(6))
        assert name == b"TC" and extra == length + 4
        pieces.append(rest.take(length))
        assert rest.take(len(MEMBER_TAIL)) == MEMBER_TAIL
    return b"".join(pieces)


def read_index(data):
    """The kind (0 base, 1 delta), the layers described, and the entries."""
    reader = Bytes(data)
    assert reader.take(4) == b"TCIX" and reader.take(1)[0] == 1
    kind = reader.take(1)[0]
    layers = {}
    for _ in range(reader.varint()):
        layer = reader.varint()
        assert layer not in layers
        layers[layer] = [(reader.varint(), reader.varint(), reader.take(32).hex()) for _ in range(reader.varint())]
    count = reader.varint()
    lengths, blocks = [], []
    while reader.left() > 0:
        compressed, raw = struct.unpack("<II", reader.take(8))
        assert 0 < raw <= 256 * 1024
        lengths.append(raw)
        blocks.append(reader.take(compressed))
    # Frames that follow each other are one stream.
    raw = Bytes(subprocess.run(["zstd", "-dc"], input=b"".join(blocks), stdout=subprocess.PIPE, check=True).stdout if blocks else b"")
    entries = []
    for length in lengths:
        entries += read_block(Bytes(raw.take(length)))
    assert raw.left() == 0 and len(entries) == count
    for before, after in zip(entries, entries[1:]):
        assert before[0].split(b"/") < after[0].split(b"/"), "out of order"
    return kind, layers, entries


def read_block(block):
    path = b""
    while block.left() > 0:
        shared = block.varint()
        path = path[:shared] + block.take(block.varint())
        kind = block.take(1)[0]
        assert kind < len(NAMES)
        if kind == DELETED:
            yield path, DELETED, ()
            continue
        place = (block.varint(), block.varint(), block.varint())
        attributes = (block.varint(), block.zigzag(), block.varint())
        if kind == FILE:
            what = (block.varint(), block.take(32).hex())
        elif kind == DIRECTORY:
            what = ()
        else:
            what = (block.take(block.varint()).decode("latin-1"),)
        yield path, kind, attributes + what + place


def overlay(live, later):
    """A path wins over the same path of before; what is no directory hides all below it."""
    for path, kind, fields in later:
        before = live.pop(path, (DELETED,))
        # Every parent of a live path is a live directory, so only one of those has anything below it.
        if kind != DIRECTORY and before[0] == DIRECTORY:
            below = path + b"/"
            for hidden in [old for old in live if old.startswith(below)]:
                del live[hidden]
        if kind != DELETED:
            live[path] = (kind, fields)


def main(layout, tag):
    with open(os.path.join(layout, "index.json"), encoding="utf-8") as file:
        tags = json.load(file)["manifests"]
    name = "org.opencontainers.image.ref.name"
    digest = next(one["digest"] for one in tags if one.get("annotations", {}).get(name) == tag)
    manifest = json.loads(blob(layout, digest))
    assert manifest["annotations"]["cache.tekton.dev/format"] == "1"
    described, live, content, total = {}, {}, set(), 0
    for layer in manifest["layers"]:
        role = layer["annotations"]["cache.tekton.dev/role"]
        if role == "content":
            content.add(int(layer["annotations"]["cache.tekton.dev/layer"]))
            continue
        kind, layers, entries = read_index(index_data(blob(layout, layer["digest"]), layer["mediaType"]))
        assert kind == (0 if role == "index" else 1)
        assert not described.keys() & layers.keys()
        described.update(layers)
        overlay(live, entries)
    assert content <= described.keys()
    for path in sorted(live, key=lambda one: one.split(b"/")):
        kind, fields = live[path]
        parent = path.rpartition(b"/")[0]
        assert parent == b"" or live[parent][0] == DIRECTORY
        layer, frame, offset = fields[-3:]
        assert layer in content and offset <= described[layer][frame][1]
        total += fields[3] if kind == FILE else 0
        print(json.dumps([path.decode("latin-1"), NAMES[kind], *fields]))
    assert len(live) == int(manifest["annotations"]["cache.tekton.dev/files"])
    assert total == int(manifest["annotations"]["cache.tekton.dev/size"])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
