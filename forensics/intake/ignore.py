"""What lies on real disks beside the evidence, as a table: rule, pattern, meaning.

A rule matches a whole name that no AWS service and no log writer uses. Partial downloads, test
objects of log delivery, backups and files of unknown kind are evidence.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Rule(NamedTuple):
    """Files or folders of that name are not ingested; `magic` is what they must begin with."""

    name: str
    pattern: str
    what: str
    magic: bytes = b""

    @property
    def reason(self) -> str:
        """The sentence for the ledger."""
        return f"rule {self.name}: {self.what}"


FILES: tuple[Rule, ...] = (
    Rule("ds-store", r"\.DS_Store", "folder settings of the macOS Finder"),
    Rule("apple-double", r"\._[^/]+", "macOS attributes of another file", b"\x00\x05\x16\x07"),
    Rule("thumbs-db", r"(?:eh)?thumbs\.db", "preview pictures of the Windows Explorer"),
    Rule("desktop-ini", r"desktop\.ini", "folder settings of the Windows Explorer"),
    Rule("git-file", r"\.git(?:ignore|attributes|keep|modules)?", "settings of git"),
    Rule("rclone", r"\.rclone[^/]*|rclone\.conf", "settings or state of rclone"),
    Rule("s3cmd", r"\.s3cfg", "settings of s3cmd"),
    Rule("boto", r"\.boto", "settings of gsutil and boto"),
    Rule("aria2", r"[^/]+\.aria2", "progress of a download by aria2"),
    Rule("freefilesync", r"\.?sync\.ffs_(?:db|lock)", "state of FreeFileSync"),
    Rule("syncthing", r"\.stignore", "settings of Syncthing"),
    Rule("dropbox", r"\.dropbox(?:\.attr)?", "state of Dropbox"),
    Rule(
        "s3-inventory-manifest",
        r"\d{4}-\d\d-\d\dT\d\d-\d\dZ/manifest\.(?:json|checksum)",
        "manifest of an S3 inventory, a list of objects",
    ),
    Rule(
        "s3-inventory-links",
        r"dt=\d{4}-\d\d-\d\d-\d\d-\d\d/symlink\.txt",
        "list of the files of an S3 inventory",
    ),
    Rule(
        "hash-list",
        r"(?:md5|sha1|sha224|sha256|sha384|sha512|b2)sums?(?:\.txt)?"
        r"|[^/]+\.(?:md5|sha1|sha224|sha256|sha384|sha512)(?:sums?)?|[^/]+\.sfv",
        "hashes made at acquisition",
    ),
    Rule("hashdeep", r"[^/]+", "hashes made at acquisition by hashdeep", b"%%%% HASHDEEP-"),
    Rule(
        "bagit",
        r"bagit\.txt|bag-info\.txt|(?:tag)?manifest-(?:md5|sha1|sha256|sha512)\.txt",
        "packing list of a BagIt bag",
    ),
)

FOLDERS: tuple[Rule, ...] = (
    Rule("version-control", r"\.(?:git|svn|hg)", "history kept by a version control system"),
    Rule("recycle-bin", r"\$RECYCLE\.BIN|RECYCLER", "recycle bin of Windows"),
    Rule("volume-information", "System Volume Information", "restore points of Windows"),
    Rule("trash", r"\.Trashes|\.Trash-\d+", "waste basket"),
    Rule("spotlight", r"\.Spotlight-V100", "search index of macOS"),
    Rule("fsevents", r"\.fseventsd", "file system journal of macOS"),
    Rule("macos-versions", r"\.DocumentRevisions-V100|\.TemporaryItems", "state of macOS"),
    Rule("macosx-folder", r"__MACOSX", "macOS attributes of the other members of a zip"),
    Rule("dropbox-cache", r"\.dropbox\.cache", "state of Dropbox"),
    Rule("syncthing-folder", r"\.stfolder", "mark of Syncthing"),
    Rule("synology", r"@eaDir", "previews and attributes kept by a Synology disk station"),
)


def _alternatives(rules: tuple[Rule, ...], end: str) -> re.Pattern[str]:
    groups = (f"(?P<_{number}>{rule.pattern})" for number, rule in enumerate(rules))
    return re.compile(rf"(?:^|/)(?:{'|'.join(groups)}){end}", re.IGNORECASE)


_BY_NAME = tuple(rule for rule in FILES if not rule.magic)
_BY_CONTENT = tuple(
    (rule, re.compile(rf"(?:^|/)(?:{rule.pattern})\Z", re.IGNORECASE))
    for rule in FILES
    if rule.magic
)
_FILE = _alternatives(_BY_NAME, r"\Z")
_FOLDER = _alternatives(FOLDERS, "/")


def file_rule(key: str, head: bytes = b"") -> Rule | None:
    """The rule by which a file is no evidence: `key` ends in its name, `head` begins its content.

    Folders in `key` are not asked by their own rules.
    """
    found = _FILE.search(key)
    if found:
        return _rule_of(_BY_NAME, found)
    for rule, pattern in _BY_CONTENT:
        if head.startswith(rule.magic) and pattern.search(key):
            return rule
    return None


def member_rule(key: str) -> Rule | None:
    """The rule by which a member of an archive, or a folder in its name, is no evidence."""
    found = _FOLDER.search(key)
    return _rule_of(FOLDERS, found) if found else file_rule(key)


def folder_rule(name: str) -> Rule | None:
    """The rule by which a folder of that name is not entered."""
    found = _FOLDER.search(f"{name}/")
    return _rule_of(FOLDERS, found) if found else None


def _rule_of(table: tuple[Rule, ...], found: re.Match[str]) -> Rule:
    return table[int((found.lastgroup or "_0")[1:])]
