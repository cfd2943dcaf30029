"""Spikes of nerve cells: make recordings, find the spikes in them, average over trials.

Jobs of these three make a chain: several recordings, the spikes of each, one histogram of all.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from pydra_oar_jupyter.pairio.sdk import (
    App,
    BaseModel,
    Field,
    InputFile,
    OutputFile,
    ProcessorBase,
)

# numpy is imported where it is used: a specification, and the process around a job, don't need it.
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class SimulateContext(BaseModel):
    """What simulate_recording takes."""

    recording: OutputFile = Field(description="numpy's .npz: signal (µV) and rate (Hz)")
    spikes: OutputFile = Field(description="CSV: time_sec of each spike that is in there")
    duration_sec: float = Field(description="How long it is", default=10.0)
    rate_hz: float = Field(description="Samples a second", default=20000.0)
    quiet_hz: float = Field(description="Spikes a second without a stimulus", default=5.0)
    excited_hz: float = Field(description="Spikes a second at the stimulus", default=60.0)
    stimulus_sec: float = Field(description="When the stimulus is", default=5.0)
    amplitude_uv: float = Field(description="How deep spikes are, in µV", default=80.0)
    noise_uv: float = Field(description="The noise's standard deviation, in µV", default=8.0)
    seed: int = Field(description="Another one makes another trial", default=0)


class Simulate(ProcessorBase):
    """Makes a trial."""

    name = "simulate_recording"
    description = "Simulate what an electrode near a nerve cell measures, with a stimulus"
    label = "Simulate a recording"
    image = ""
    executable = "/app/main.py"

    @staticmethod
    def run(context: SimulateContext) -> None:
        """Make it."""
        import numpy as np

        from pydra_oar_jupyter.pairio.apps.spikes import signals

        rng = np.random.default_rng(context.seed)
        times = signals.spike_times(
            rng, context.duration_sec, context.quiet_hz, context.excited_hz, context.stimulus_sec
        )
        recording = signals.record(
            rng,
            times,
            context.duration_sec,
            context.rate_hz,
            context.amplitude_uv,
            context.noise_uv,
        )
        print(f"{len(times)} spikes in {recording.duration:g} s")
        np.savez_compressed(
            "recording.npz", signal=recording.signal.astype(np.float32), rate=recording.rate
        )
        _write_csv("spikes.csv", ["time_sec"], ([f"{time:.6f}"] for time in times))
        context.recording.upload("recording.npz")
        context.spikes.upload("spikes.csv")


class Band(BaseModel):
    """Which frequencies are kept."""

    low_hz: float = Field(description="Slower waves are taken out", default=300.0)
    high_hz: float = Field(description="Faster ones are taken out", default=6000.0)


class DetectContext(BaseModel):
    """What detect_spikes takes."""

    recording: InputFile = Field(description="numpy's .npz: signal (µV) and rate (Hz)")
    spikes: OutputFile = Field(description="CSV: time_sec and amplitude_uv of each spike")
    figure: OutputFile = Field(
        description="SVG: the filtered signal with its spikes, and their mean"
    )
    band: Band = Band()
    polarity: str = Field(
        description="To which side spikes go",
        default="negative",
        json_schema_extra={"options": ["negative", "positive", "both"]},
    )
    threshold: float = Field(
        description="How far, in standard deviations of the noise", default=5.0
    )
    shown_sec: float | None = Field(
        description="How much of it the figure shows; null for all", default=None
    )


class Detect(ProcessorBase):
    """Finds spikes."""

    name = "detect_spikes"
    description = "Filter a recording and find the spikes that stand out of the noise"
    label = "Detect spikes"
    image = ""
    executable = "/app/main.py"

    @staticmethod
    def run(context: DetectContext) -> None:
        """Find them."""
        import numpy as np

        from pydra_oar_jupyter.pairio.apps.spikes import signals
        from pydra_oar_jupyter.pairio.apps.spikes.figure import Panel, figure

        with np.load(context.recording.download(), allow_pickle=False) as file:
            whole = signals.Recording(file["signal"].astype(float), float(file["rate"]))
        recording = signals.band_pass(whole, context.band.low_hz, context.band.high_hz)
        noise = signals.noise_level(recording.signal)
        found = signals.detect(recording, context.polarity, context.threshold)
        times, heights = found / recording.rate, recording.signal[found]
        print(f"Noise: {noise:.2f} µV; {len(found)} spikes in {recording.duration:g} s")
        _write_csv(
            "spikes.csv",
            ["time_sec", "amplitude_uv"],
            ([f"{time:.6f}", f"{height:.2f}"] for time, height in zip(times, heights, strict=True)),
        )

        trace = Panel("Filtered signal and its spikes", "time (s)", "µV")
        end = context.shown_sec or recording.duration
        shown = slice(0, round(end * recording.rate))
        trace.curve(
            np.arange(len(recording.signal))[shown] / recording.rate, recording.signal[shown]
        )
        trace.dots(times[times < end], heights[times < end])
        mean = Panel(f"Mean of {len(found)} spikes", "time (ms)", "µV")
        around, waveform = signals.mean_waveform(recording, found)
        mean.curve(1000 * around, waveform, "#d62728")
        Path("figure.svg").write_text(figure(trace, mean), encoding="utf-8")
        context.spikes.upload("spikes.csv")
        context.figure.upload("figure.svg")


class AverageContext(BaseModel):
    """What average_trials takes."""

    trials: list[InputFile] = Field(description="The spikes of each trial: CSV with time_sec")
    histogram: OutputFile = Field(description="CSV: time_sec, rate_hz and error_hz of each bin")
    figure: OutputFile = Field(description="SVG: the mean rate over time, with its error")
    duration_sec: float = Field(description="How long a trial is", default=10.0)
    bin_sec: float = Field(description="How wide a bin is", default=0.1)
    smoothing: str = Field(
        description="Of the histogram",
        default="none",
        json_schema_extra={"options": ["none", "gaussian"]},
    )
    marks_sec: list[float] = Field(description="Times to mark, such as a stimulus", default=[])


class Average(ProcessorBase):
    """Averages."""

    name = "average_trials"
    description = "The mean firing rate over time of several trials (a peristimulus time histogram)"
    label = "Average trials"
    image = ""
    executable = "/app/main.py"

    @staticmethod
    def run(context: AverageContext) -> None:
        """Average."""
        import numpy as np

        from pydra_oar_jupyter.pairio.apps.spikes import signals
        from pydra_oar_jupyter.pairio.apps.spikes.figure import Panel, figure

        if not context.trials:
            raise ValueError("There are no trials to average.")
        trials = [np.array(_read_times(trial.download())) for trial in context.trials]
        middles, rates, errors = signals.firing_rate(
            trials, context.duration_sec, context.bin_sec, context.smoothing
        )
        print(
            f"{len(trials)} trials; at most {rates.max():.1f} Hz at {middles[rates.argmax()]:.2f} s"
        )
        _write_csv(
            "histogram.csv",
            ["time_sec", "rate_hz", "error_hz"],
            ([f"{value:.4f}" for value in row] for row in zip(middles, rates, errors, strict=True)),
        )
        panel = Panel(f"Mean firing rate of {len(trials)} trials", "time (s)", "Hz")
        panel.band(middles, np.maximum(rates - errors, 0), rates + errors)
        panel.curve(middles, rates)
        for mark in context.marks_sec:
            panel.curve([mark, mark], [0, (rates + errors).max()], "#888888")
        Path("figure.svg").write_text(figure(panel), encoding="utf-8")
        context.histogram.upload("histogram.csv")
        context.figure.upload("figure.svg")


def _write_csv(path: str, names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, *rows])


def _read_times(path: str) -> list[float]:
    with Path(path).open(newline="", encoding="utf-8") as file:
        return [float(row["time_sec"]) for row in csv.DictReader(file)]


app = App("spikes", description="Spikes of nerve cells: simulated, detected, averaged over trials")
for processor in (Simulate, Detect, Average):
    app.add_processor(processor)

if __name__ == "__main__":
    app.run()
