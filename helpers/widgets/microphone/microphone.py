"""A microphone in the notebook: what is spoken in the browser becomes a sound file beside the lesson."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from ...audio.files import AudioError, inspect
from ...audio.names import sound_file
from ...base.errors import KitError
from ...base.text import one_line
from ...settings.project import place_for
from ...views.player import safe_name
from ..shell import Shell, with_shared
from ..words import WithWords, with_words

if TYPE_CHECKING:
    from ...views.ear import TelephoneEar

MOST_SECONDS = 60  # at 48,000 samples a second that is 5.8 MB
MOST_BYTES = 6_000_000  # Jupyter takes no message of 10 MB


class MicrophoneShell(Shell):
    """``told`` is what Python says of the last sound, ``bad`` whether it could not be used."""

    _esm = with_shared("recording.js", "microphone/microphone.js")
    _css = with_shared("microphone/microphone.css")
    told = traitlets.Unicode().tag(sync=True)
    bad = traitlets.Bool().tag(sync=True)
    most = traitlets.Dict({"seconds": MOST_SECONDS, "bytes": MOST_BYTES}).tag(sync=True)


class Microphone(WithWords):
    """A button that records your voice, and a place to choose a file where the browser gives no microphone.

    ``file`` is where the sound is: ``heard/my-voice-1-recorded.wav`` after the first recording, or as the chosen file
    ends; until then the kit's sound ``instead``, so that the cells below run. What is recorded is as the microphone
    gave it, 16 bits, mono: look at it with :meth:`ear`, and let that make the copy for the phone, under ``name``.

    >>> microphone = Microphone()
    >>> microphone.ear().phone_ready(f"heard/{microphone.name}.mp3")
    """

    def __init__(self, name: str = "my-voice", *, folder: str | Path = "heard", instead: str = "greeting.wav") -> None:
        self._stem, self._folder, self._instead = safe_name(name), place_for(folder), instead
        self.widget = MicrophoneShell(self._received, told=self.text)

    @property
    def recorded(self) -> Path | None:
        """The file that was recorded or chosen last, by an earlier kernel too; None if there is none."""
        takes = self._takes()
        return takes[max(takes)] if takes else None

    @property
    def name(self) -> str:
        """``my-voice-2`` after the second recording: a new name each time, because Vonage keeps what it has fetched."""
        return f"{self._stem}-{max(self._takes(), default=0)}"

    def _takes(self) -> dict[int, Path]:
        files = self._folder.glob(f"{self._stem}-*-recorded.*") if self._folder.is_dir() else ()
        numbers = {file: file.name.removeprefix(f"{self._stem}-").partition("-")[0] for file in files}
        return {int(number): file for file, number in numbers.items() if number.isdecimal()}

    @property
    def file(self) -> Path:
        """The sound to go on with: what was recorded, else the one that stands in for it."""
        return self.recorded or sound_file(self._instead)

    @property
    def text(self) -> str:
        """What there is, in one line."""
        if (file := self.recorded) is None:
            return f"Nothing is recorded yet. Until then {self._instead} stands in."
        info = inspect(file)
        return f"{info.seconds:.1f} s in {file.as_posix()}: {info}. Run the next cell."

    def ear(self) -> TelephoneEar:
        """The sound as it is beside the sound as a phone delivers it, and what to do about it."""
        from ...views.ear import telephone_ear

        return telephone_ear(self.file, folder=self._folder)

    def _received(self, message: dict[str, Any], files: list[bytes]) -> None:
        """A recording or a file has come. What is wrong with it is shown, and the one before stays."""
        try:
            self._keep(files[0] if files else b"", str(message.get("name", "")), int(message.get("size", 0)))
            told, bad = self.text, False
        except (KitError, OSError, ValueError) as error:
            told, bad = str(error), True
        self.widget.bad, self.widget.told = bad, told

    def _keep(self, data: bytes, name: str, size: int) -> None:
        if max(size, len(data)) > MOST_BYTES:
            said = f"{one_line(name, 60)} has {size / 1e6:.1f} MB; {MOST_BYTES / 1e6:.0f} are the most."
            raise AudioError(said, "Choose a shorter one, or copy it beside the notebook: telephone_ear takes a path.")
        known = {"WAV": ".wav", "MP3": ".mp3"}
        suffix = known.get(inspect(data).format) or Path(safe_name(name)).suffix or ".sound"
        self._folder.mkdir(parents=True, exist_ok=True)
        takes = self._takes()
        (self._folder / f"{self._stem}-{max(takes, default=0) + 1}-recorded{suffix}").write_bytes(data)
        for before in takes.values():
            before.unlink()

    def __repr__(self) -> str:
        return f"Microphone: {self.text}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return with_words(self.widget._repr_mimebundle_(), repr(self), f"<p>🎤 {escape(repr(self))}</p>")
