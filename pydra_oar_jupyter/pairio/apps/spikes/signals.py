"""Make recordings of a nerve cell, and find the spikes in them. Times in seconds, signals in µV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

_DEAD_TIME = 2e-3  # a cell that has fired can't fire again for so long
_RESPONSE = 0.3  # how long a stimulus excites the cell


@dataclass(frozen=True)
class Recording:
    """A voltage over time, and how many samples a second."""

    signal: Floats
    rate: float

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.signal) / self.rate


def spike_times(
    rng: np.random.Generator, duration: float, quiet: float, excited: float, stimulus: float
) -> Floats:
    """When a cell fires: a Poisson process with a dead time, faster after the stimulus.

    Args:
        rng: where chance comes from.
        duration: of the recording.
        quiet: spikes a second without a stimulus.
        excited: spikes a second at the stimulus; the response decays from there.
        stimulus: when that is.
    """
    fastest = max(quiet, excited)
    times = np.sort(rng.uniform(0, duration, rng.poisson(fastest * duration)))
    since = times - stimulus
    rate = quiet + np.where(since >= 0, excited - quiet, 0) * np.exp(-np.abs(since) / _RESPONSE)
    times = times[rng.uniform(0, fastest, len(times)) < rate]
    kept: list[float] = []
    for time in times:
        if not kept or time - kept[-1] > _DEAD_TIME:
            kept.append(float(time))
    return np.array(kept)


def record(
    rng: np.random.Generator,
    times: Floats,
    duration: float,
    rate: float,
    amplitude: float,
    noise: float,
) -> Recording:
    """What an electrode near a cell measures that fires at those times.

    Each spike is a deep trough with a shallow peak after it. Below is white noise, and slow waves
    as of the tissue around, which are larger than the spikes.
    """
    count = round(duration * rate)
    at = np.arange(count) / rate
    signal = rng.normal(0, noise, count)
    for frequency in (2.0, 7.0, 11.0):
        signal += amplitude * np.sin(2 * np.pi * (frequency * at + rng.uniform()))
    around = np.arange(-1e-3, 2e-3, 1 / rate)
    for time in times:
        start = round((time - 1e-3) * rate)
        offset = np.round(time * rate) / rate - time
        places = start + np.arange(len(around))
        inside = (places >= 0) & (places < count)
        signal[places[inside]] += amplitude * _shape(around + offset)[inside]
    return Recording(signal, rate)


def _shape(at: Floats) -> Floats:
    trough = np.exp(-((at / 0.15e-3) ** 2) / 2)
    peak = np.exp(-(((at - 0.6e-3) / 0.3e-3) ** 2) / 2)
    return np.asarray(0.3 * peak - trough)


def band_pass(recording: Recording, low: float, high: float) -> Recording:
    """Without what is slower than ``low`` Hz or faster than ``high`` Hz; times don't shift.

    Raises:
        ValueError: that is no band which the recording has.
    """
    if not 0 <= low < high <= recording.rate / 2:
        raise ValueError(
            f"A band of a recording at {recording.rate:g} Hz is between 0 and "
            f"{recording.rate / 2:g} Hz, not from {low:g} to {high:g} Hz."
        )
    frequencies = np.fft.rfftfreq(len(recording.signal), 1 / recording.rate)
    # Butterworth's slopes, of the second order, without their phase.
    gain = 1 / np.sqrt(1 + (frequencies / high) ** 4)
    if low > 0:
        gain /= np.sqrt(1 + (low / np.maximum(frequencies, 1e-9)) ** 4)
    spectrum = np.fft.rfft(recording.signal) * gain
    return Recording(np.fft.irfft(spectrum, len(recording.signal)), recording.rate)


def noise_level(signal: Floats) -> float:
    """The noise's standard deviation, from the median, which spikes hardly move.

    After Quiroga, Nadasdy and Ben-Shaul, Neural Computation 16 (2004) 1661.
    """
    return float(np.median(np.abs(signal)) / 0.6745)


def detect(recording: Recording, polarity: str, threshold: float) -> Indices:
    """Where spikes are at their extreme: the samples' numbers.

    Args:
        recording: without slow waves: see `band_pass`.
        polarity: "negative", "positive" or "both": to which side spikes go.
        threshold: how far, in standard deviations of the noise.
    """
    signal = recording.signal
    height = {"negative": -signal, "positive": signal, "both": np.abs(signal)}[polarity]
    above = height > threshold * noise_level(signal)
    edges = np.flatnonzero(np.diff(above.astype(np.int8), prepend=0, append=0))
    extremes = [
        start + int(np.argmax(height[start:end]))
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    ]
    kept: list[int] = []
    for extreme in extremes:
        if kept and extreme - kept[-1] < _DEAD_TIME * recording.rate:
            if height[extreme] > height[kept[-1]]:  # of one spike, the larger half
                kept[-1] = extreme
        else:
            kept.append(extreme)
    return np.array(kept, dtype=np.intp)


def mean_waveform(recording: Recording, spikes: Indices) -> tuple[Floats, Floats]:
    """Times around a spike, from 1 ms before to 2 ms after, and the mean signal there."""
    before, after = round(1e-3 * recording.rate), round(2e-3 * recording.rate)
    around = np.arange(-before, after + 1)
    whole = spikes[(spikes >= before) & (spikes + after < len(recording.signal))]
    if not len(whole):
        return around / recording.rate, np.zeros(len(around))
    return around / recording.rate, recording.signal[whole[:, None] + around].mean(axis=0)


def firing_rate(
    trials: list[Floats], duration: float, width: float, smoothing: str
) -> tuple[Floats, Floats, Floats]:
    """A histogram over the trials, of spikes in time: bins' middles, mean rates in Hz, their error.

    Args:
        trials: the times of the spikes in each.
        duration: of each.
        width: of a bin.
        smoothing: "none", or "gaussian" over about three bins.
    """
    bins = max(1, round(duration / width))
    edges = np.linspace(0, duration, bins + 1)
    rates = np.array([np.histogram(times, edges)[0] / (edges[1] - edges[0]) for times in trials])
    if smoothing == "gaussian":
        kernel = np.exp(-(np.arange(-3, 4) ** 2) / 2)
        weight = _same(np.ones(bins), kernel)  # less at both ends
        rates = np.array([_same(rate, kernel) / weight for rate in rates])
    error = rates.std(axis=0, ddof=1) / np.sqrt(len(rates)) if len(rates) > 1 else 0 * rates[0]
    return (edges[:-1] + edges[1:]) / 2, rates.mean(axis=0), error


def _same(values: Floats, kernel: Floats) -> Floats:
    """A convolution as long as the values, even where the kernel is longer."""
    start = len(kernel) // 2
    return np.convolve(values, kernel)[start : start + len(values)]
