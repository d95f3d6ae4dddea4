"""The one tree of errors.

IonicsError                     catch this to turn any failure of ours into one line
├── SettingsError               a setting is missing or cannot be used
├── ContractError               bytes or a schema break the contract
│   ├── WireFormatError         a value is not in Confluent wire format
│   ├── UnknownSchemaError      the log's dictionary lacks the schema id, or its hash differs
│   ├── DecodeError             a body does not decode under its writer schema
│   └── IncompatibleSchemaError a new schema would break readers or writers of an earlier one
├── InvalidIncidentError        an incident breaks a rule; carries code, field path and message
├── IdentityError               an identifier, key or signature cannot be used
├── DirectoryError              a command to the directory is not acceptable
├── LogError                    Kafka could not do what was asked
│   ├── TopologyError           topics differ from the catalogue (a missing topic, another partition count)
│   ├── ProducerFencedError     another worker took over this stage; this one must start again
│   └── ClientHungError         a call of the client library never returned; its clients must be made anew
├── RegistryError               the schema registry could not be reached or refused
├── OutboxError                 the offline outbox cannot be used
├── ImportFileError             a file as a whole cannot be imported (single rows become rejects)
├── ReferenceDataError          the reference data is damaged or an extension is malformed
├── ModelError                  a model of matching cannot be read or used
├── ProjectionError             the read store could not be written or read
├── ReplayError                 what is to be replayed, or an export of it, cannot be read or written
├── ForbiddenError              a focal point lacks the right to do this
├── NotDeliveredError           a receiver did not take a message
├── AccessLogError              the access log did not take a record, so nothing may be shown
└── StackError                  the local stack could not be started or stopped
"""


class IonicsError(Exception):
    """Root of all errors of the backbone. The message says what was wrong, where, and what to do."""


class SettingsError(IonicsError):
    """A setting is missing or cannot be used. Catch it to ask the user for it."""


class ContractError(IonicsError):
    """Bytes or a schema break the contract. Catch it to put a record aside with its original bytes."""


class WireFormatError(ContractError):
    """A value does not begin with the five bytes of the Confluent wire format."""


class UnknownSchemaError(ContractError):
    """The log's dictionary lacks a schema id, or the schema behind it has another hash."""


class DecodeError(ContractError):
    """A body does not decode under its writer schema."""


class IncompatibleSchemaError(ContractError):
    """A new version of a schema would break readers or writers of an earlier one."""


class InvalidIncidentError(IonicsError):
    """An incident breaks a rule.

    Attributes:
        code: the name of the rule, such as ``UNLISTED_CODE``.
        path: the field it concerns, such as ``items[0].substance_text``.
    """

    def __init__(self, code: str, path: str, message: str) -> None:
        super().__init__(f"{path}: {message} ({code})")
        self.code = code
        self.path = path
        self.message = message


class IdentityError(IonicsError):
    """An identifier, key or signature cannot be used."""


class DirectoryError(IonicsError):
    """A command to the directory is not acceptable."""


class LogError(IonicsError):
    """Kafka could not do what was asked. Catch it to try again later."""


class TopologyError(LogError):
    """The topics differ from the catalogue. Not to be retried: an operator must look."""


class ProducerFencedError(LogError):
    """Another worker took over this stage. Drop state and producer, and go through assignment again."""


class ClientHungError(LogError):
    """A call of the client library never returned. Make all clients of the stage anew."""


class RegistryError(IonicsError):
    """The schema registry could not be reached, or refused."""


class OutboxError(IonicsError):
    """The offline outbox cannot be used."""


class ImportFileError(IonicsError):
    """A file as a whole cannot be imported. Single rows that cannot be read become rejects instead."""


class ReferenceDataError(IonicsError):
    """The reference data is damaged, or an extension of it is malformed."""


class ModelError(IonicsError):
    """A model of matching cannot be read or used. Catch it to ask for another file."""


class ProjectionError(IonicsError):
    """The read store could not be written or read."""


class ReplayError(IonicsError):
    """What is to be replayed, or an export of it, cannot be read or written."""


class ForbiddenError(IonicsError):
    """A focal point lacks the right to do this. The directory says who has it."""


class NotDeliveredError(IonicsError):
    """A receiver did not take a message. Catch it to try again later; the message says nothing of what was answered."""


class AccessLogError(IonicsError):
    """The access log did not take a record, so what was asked for may not be shown. Catch it to try again later."""


class StackError(IonicsError):
    """The local stack could not be started or stopped."""
