"""Recordings of nerve cells: what is put in is found again."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.pairio.apps import APPS
from pydra_oar_jupyter.pairio.apps.spikes import signals
from pydra_oar_jupyter.pairio.apps.spikes.figure import Panel, figure, ticks
from tests.pairio.conftest import SERVICE
from tests.pairio.sdk.started import Started, definition, specification

MAIN = APPS["spikes"]
RATE = 20000.0


def trial(seed, noise=8.0):
    rng = np.random.default_rng(seed)
    times = signals.spike_times(rng, 10, 5, 60, 5)
    return times, signals.record(rng, times, 10, RATE, 80, noise)


@pytest.mark.parametrize("seed", range(4))
def test_the_spikes_of_a_recording_are_found(seed):
    times, recording = trial(seed)
    filtered = signals.band_pass(recording, 300, 6000)
    found = signals.detect(filtered, "negative", 5)
    assert len(found) == len(times) > 20
    assert np.abs(found / RATE - times).max() < 2e-4
    # Upside down they are at the other side.
    turned = signals.Recording(-filtered.signal, RATE)
    assert np.array_equal(signals.detect(turned, "positive", 5), found)


def test_noise_alone_has_no_spikes():
    noise = signals.Recording(np.random.default_rng(0).normal(0, 8, 200_000), RATE)
    assert signals.noise_level(noise.signal) == pytest.approx(8, rel=0.02)
    assert len(signals.detect(noise, "both", 6)) == 0


def test_a_band_keeps_what_is_in_it_without_a_shift():
    at = np.arange(20000) / RATE
    slow, inside = 500 * np.sin(2 * np.pi * 5 * at), np.sin(2 * np.pi * 1500 * at)
    kept = signals.band_pass(signals.Recording(slow + inside, RATE), 300, 6000).signal
    assert np.abs(kept - inside).max() < 0.2
    with pytest.raises(ValueError, match="between 0 and 10000 Hz, not from 300 to 20000 Hz"):
        signals.band_pass(signals.Recording(slow, RATE), 300, 20000)


def test_the_mean_over_trials_shows_the_stimulus():
    trials = [trial(seed)[0] for seed in range(30)]
    for smoothing in ("none", "gaussian"):
        middles, rates, errors = signals.firing_rate(trials, 10, 0.1, smoothing)
        assert 4.8 < middles[rates.argmax()] < 5.4
        assert rates[:40].mean() == pytest.approx(5, abs=1)
        assert (errors >= 0).all()
    assert len(middles) == 100


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_and_inside(low, width):
    high = low + width
    found = ticks(low, high)
    assert 1 <= len(found) <= 8
    assert (found >= low - 1e-6 * width).all()
    assert (found <= high + 1e-6 * width).all()


def test_a_figure_is_svg_whatever_is_in_it():
    panel = Panel("<a> & b", "x", "y")
    panel.curve([], [])
    panel.dots([1.0], [2.0])
    long = Panel("long", "x", "y")
    long.curve(np.arange(200_000), np.sin(np.arange(200_000)))
    text = figure(panel, long, Panel("empty", "x", "y"))
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert len(text) < 100_000
    assert "nan" not in text


def run(service, place, processor, inputs, outputs, **parameters):
    made = definition("spikes", processor, inputs, outputs, **parameters)
    started = Started(service, service.submit(jobDefinition=made), MAIN, place)
    job = started.wait()
    assert job["status"] == "completed", job["error"]
    return {one["name"]: (one["url"], started.read(one["url"])) for one in job["outputFileResults"]}


def table(content: bytes) -> list[dict[str, float]]:
    rows = csv.DictReader(io.StringIO(content.decode()))
    return [{name: float(value) for name, value in row.items()} for row in rows]


def test_jobs_make_a_chain_of_trials_spikes_and_their_mean(service, tmp_path):
    service.management.set_app(SERVICE, specification(MAIN))
    spikes = {}
    for seed in range(2):
        made = run(service, tmp_path / f"a{seed}", "simulate_recording", {},
                   {"recording": "recording.npz", "spikes": "spikes.csv"},
                   seed=seed, duration_sec=4.0, stimulus_sec=2.0)  # fmt: skip
        found = run(service, tmp_path / f"b{seed}", "detect_spikes",
                    {"recording": made["recording"][0]},
                    {"spikes": "spikes.csv", "figure": "figure.svg"},
                    **{"band.low_hz": 250.0, "polarity": "negative"})  # fmt: skip
        truth, detected = table(made["spikes"][1]), table(found["spikes"][1])
        assert len(truth) == len(detected) > 5
        ET.fromstring(found["figure"][1])
        spikes[f"trials[{seed}]"] = found["spikes"][0]
    mean = run(service, tmp_path / "c", "average_trials", spikes,
               {"histogram": "histogram.csv", "figure": "figure.svg"},
               duration_sec=4.0, smoothing="gaussian", marks_sec=[2.0])  # fmt: skip
    rows = table(mean["histogram"][1])
    assert len(rows) == 40
    assert 1.8 < max(rows, key=lambda row: row["rate_hz"])["time_sec"] < 2.6
    ET.fromstring(mean["figure"][1])
