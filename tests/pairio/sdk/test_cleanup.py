"""What is left of a job's directory."""

from __future__ import annotations

from pydra_oar_jupyter.pairio.sdk.cleanup import clean


def test_all_goes_but_what_is_the_compute_clients_and_what_is_elsewhere(tmp_path):
    elsewhere, place = tmp_path / "elsewhere", tmp_path / "job"
    for folder in (elsewhere, place / "working" / "deep", place / "tmp"):
        folder.mkdir(parents=True)
    (elsewhere / "precious").write_text("kept")
    for file in ("working/output.csv", "working/deep/more", "tmp/scratch", ".hidden"):
        (place / file).write_text("goes")
    (place / "_pairio_parent_process_output.txt").write_text("stays")
    (place / "working" / "link").symlink_to(elsewhere)
    (place / "link").symlink_to(elsewhere / "precious")
    clean(place)
    assert [path.name for path in place.iterdir()] == ["_pairio_parent_process_output.txt"]
    assert (elsewhere / "precious").read_text() == "kept"
