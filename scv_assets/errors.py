"""The exception tree: what can go wrong, named for the person who has to mend it.

    ScvError
    ├── ConfigError            a YAML of the company's folder says something that cannot be
    │   └── SourceContractError   … in a source's contract
    ├── DeliveryRefused        an extract is refused as a whole; the file is kept, the last good state stays
    ├── SourceUnavailable      a source cannot be reached now; trying again may pass
    ├── DestinationUnavailable a destination takes nothing now; what it took stays, trying again may pass
    ├── StoreUnavailable       the store cannot be reached now; trying again may pass
    ├── RunHistoryUnavailable  Dagster cannot keep what a run does (disk full, damaged file, server away)
    ├── LakeError              the lake cannot be read or written (disk full, damaged file)
    ├── PublishRefused         an audit failed before the swap; nothing was published
    ├── ModelRefused           a trained model does not belong to the policy that it is used with
    └── NotFound               nothing answers to what was asked for

Every message is one sentence with where and what to do, and holds no personal data.
"""


class ScvError(Exception):
    """Anything this project refuses to do, told to a person."""


class ConfigError(ScvError):
    """A setting is wrong. `where` is `file:line`; the message ends in a suggestion where there is one."""

    def __init__(self, message: str, *, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.where = where


class SourceContractError(ConfigError):
    """A source's contract is wrong, or does not fit the extract that it describes."""


class DeliveryRefused(ScvError):
    """One delivery (a source's file or day) is refused whole: nothing of it goes on, nothing of it is lost."""

    def __init__(self, message: str, *, source: str, day: str, file: str) -> None:
        super().__init__(f"{file}: {message}")
        self.source = source
        self.day = day
        self.file = file
        self.reason = message


class SourceUnavailable(ScvError):
    """A database or an API does not answer; a retry may pass."""


class DestinationUnavailable(ScvError):
    """A destination does not take what is sent to it; what it took stays, a retry may pass."""


class StoreUnavailable(ScvError):
    """The store does not answer; a retry may pass."""


class RunHistoryUnavailable(ScvError):
    """Dagster's own storage does not take what a run does; what the run had finished by then stays."""


class LakeError(ScvError):
    """The lake cannot be read or written."""


class PublishRefused(ScvError):
    """The audit of what was about to be published failed; the store still holds the last good state."""


class ModelRefused(ScvError):
    """A trained model was made for another policy."""


class NotFound(ScvError):
    """Nothing answers to the name or identifier given."""
