"""Rules take what is known to be no evidence, and never a log."""

from __future__ import annotations

import pytest

from forensics.intake.ignore import FILES, FOLDERS, file_rule, folder_rule, member_rule

APPLE = b"\x00\x05\x16\x07\x00\x02\x00\x00"
HASHDEEP = b"%%%% HASHDEEP-1.0\n"

IGNORED: dict[str, list[str]] = {
    "ds-store": ["dump/.DS_Store"],
    "apple-double": ["dump/._log.json.gz"],
    "thumbs-db": ["Thumbs.db", "a/ehthumbs.db"],
    "desktop-ini": ["a/desktop.ini", "Desktop.ini"],
    "git-file": [".gitignore", "a/.gitkeep", "worktree/.git"],
    "rclone": [".rclone.conf", "a/rclone.conf", ".rclonelink"],
    "s3cmd": ["home/.s3cfg"],
    "boto": [".boto"],
    "aria2": ["a/log.json.gz.aria2"],
    "freefilesync": ["a/sync.ffs_db", ".sync.ffs_lock"],
    "syncthing": [".stignore"],
    "dropbox": [".dropbox", "a/.dropbox.attr"],
    "s3-inventory-manifest": [
        "bucket/inventory/2024-05-01T00-00Z/manifest.json",
        "bucket/inventory/2024-05-01T00-00Z/manifest.checksum",
    ],
    "s3-inventory-links": ["bucket/inventory/hive/dt=2024-05-01-00-00/symlink.txt"],
    "hash-list": ["SHA256SUMS", "a/md5sums.txt", "dump.tar.gz.sha256", "x.md5", "y.sfv"],
    "hashdeep": ["evidence/hashes.txt", "hashdeep"],
    "bagit": ["bag/bagit.txt", "bag/manifest-sha256.txt", "bag/tagmanifest-md5.txt"],
    "version-control": [".git/config", "a/.svn/entries"],
    "recycle-bin": ["$RECYCLE.BIN/S-1-5-21/x.gz", "RECYCLER/x"],
    "volume-information": ["System Volume Information/tracking.log"],
    "trash": [".Trashes/501/x", ".Trash-1000/files/x"],
    "spotlight": [".Spotlight-V100/Store-V2/x"],
    "fsevents": [".fseventsd/0000000000a1b2c3"],
    "macos-versions": [".DocumentRevisions-V100/x", ".TemporaryItems/x"],
    "macosx-folder": ["__MACOSX/._log.json.gz"],
    "dropbox-cache": [".dropbox.cache/x"],
    "syncthing-folder": [".stfolder/x"],
    "synology": ["AWSLogs/@eaDir/log.json.gz/x"],
}
HEADS = {"apple-double": APPLE, "hashdeep": HASHDEEP}

EVIDENCE = [
    "AWSLogs/111122223333/CloudTrail/us-east-1/2024/05/01/log.json.gz",
    "AWSLogs/111122223333/ELBAccessLogTestFile",
    "AWSLogs/111122223333/Config/ConfigWritabilityCheckFile",
    "exportedlogs/aws-logs-write-test",
    "2025-01-01-00-15-33-0123456789ABCDEF",
    "manifest.json",
    "inventory/manifest.checksum",
    "symlink.txt",
    "log.json.gz.6eB4a1F0",  # cut off by a sync
    "log.json.gz.part",
    "log.json.gz.partial",
    "log.json.gz.crdownload",
    "log.json.gz~",
    "log.json (1).gz",
    "log.sha256.json",
    "sha256sums/log.json.gz",
    "md5sums.json",
    ".hidden.json",
    "._log.json.gz",
    "_DS_Store",
    "x.DS_Store",
    "git/log",
    "my.git/log",
    "trash/log",
    "lost+found/log",
    "rclone.log",
    "hashdeep.log",
    "digest.json",
]


def test_every_rule_is_shown_here() -> None:
    assert set(IGNORED) == {rule.name for rule in FILES + FOLDERS}


@pytest.mark.parametrize(
    ("name", "key"), [(name, key) for name, keys in IGNORED.items() for key in keys]
)
def test_a_rule_is_named(name: str, key: str) -> None:
    rule = file_rule(key, HEADS.get(name, b"")) or member_rule(key)

    assert rule is not None
    assert rule.name == name
    assert rule.reason == f"rule {name}: {rule.what}"


@pytest.mark.parametrize("key", EVIDENCE)
def test_evidence_is_left_alone(key: str) -> None:
    assert file_rule(key, b'{"Records":[') is None
    assert member_rule(key) is None


@pytest.mark.parametrize(
    ("folder", "name"),
    [(".git", "version-control"), ("$Recycle.Bin", "recycle-bin"), ("AWSLogs", None)],
)
def test_folders_have_rules_of_their_own(folder: str, name: str | None) -> None:
    rule = folder_rule(folder)

    assert (rule.name if rule else None) == name


def test_no_folder_of_aws_is_ignored() -> None:
    for folder in ("AWSLogs", "CloudTrail", "CloudTrail-Digest", "exportedlogs", "year=2024"):
        assert folder_rule(folder) is None
