"""What an operator may set: variables `TRADEOMS_*`, or a file `tradeoms.env` beside the start."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where things are and how many there are.

    Attributes:
        data: Folder of all that this node keeps: database, socket, FIX stores, logs.
        database_url: SQLAlchemy URL; empty is the SQLite file `tradeoms.db` in `data`.
        host: Address the REST door listens on.
        port: Its port; 0 picks a free one.
        rest_workers: Processes that serve REST.
        fix_config: Folder with one YAML file a FIX session and its `dialects`; no file, no gateway.
        waiver_approvers: People who approve a waiver: 1 of compliance, or 2, the other of risk.
        secure_cookies: Set where the door is behind TLS.
        price_max_age: Trading days of its own exchange that a price may be old for compliance; an
            older one counts as missing. 0 is no limit.
        compliance_run_at: Time of day (HH:MM, UTC) of the scheduled post-trade run; empty for none.
            A fund's own `nav_time` goes before it.
        compliance_run_late_minutes: After so many minutes a run is overdue.
        requests_per_second: What one API key or person may ask of each REST worker, twice as much
            at once; 0 is no limit. Cancels are never limited.
        sign_in_life_s: Seconds after which a browser must sign in again, whatever it does.
        sign_in_idle_s: Seconds without a request after which it must.
    """

    model_config = SettingsConfigDict(
        env_prefix="TRADEOMS_", env_file="tradeoms.env", extra="forbid", frozen=True
    )

    data: Path = Path("var")
    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    rest_workers: int = Field(default=1, ge=1, le=64)
    fix_config: Path | None = None
    waiver_approvers: int = Field(default=1, ge=1, le=2)
    price_max_age: int = Field(default=0, ge=0, le=250)
    secure_cookies: bool = False
    compliance_run_at: str = Field(default="", pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")
    compliance_run_late_minutes: int = Field(default=30, ge=1, le=1440)
    requests_per_second: int = Field(default=500, ge=0, le=1_000_000)
    sign_in_life_s: int = Field(default=12 * 3600, ge=1, le=7 * 24 * 3600)
    sign_in_idle_s: int = Field(default=15 * 60, ge=1, le=24 * 3600)

    @property
    def url(self) -> str:
        """The database, as SQLAlchemy wants it."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'tradeoms.db'}"

    @property
    def socket(self) -> Path:
        """The engine's door."""
        return self.data / "engine.sock"

    @property
    def token_file(self) -> Path:
        """The secret that opens it; readable by its owner only."""
        return self.data / "engine.token"

    @property
    def poisoned_file(self) -> Path:
        """Reports that ended an engine; see `app.engine.PoisonedFrame`."""
        return self.data / "poisoned.jsonl"

    def as_environment(self) -> dict[str, str]:
        """The variables that give a child process the same settings."""
        values = {
            "TRADEOMS_DATA": str(self.data.absolute()),
            "TRADEOMS_DATABASE_URL": self.database_url,
            "TRADEOMS_HOST": self.host,
            "TRADEOMS_PORT": str(self.port),
            "TRADEOMS_REST_WORKERS": str(self.rest_workers),
            "TRADEOMS_WAIVER_APPROVERS": str(self.waiver_approvers),
            "TRADEOMS_PRICE_MAX_AGE": str(self.price_max_age),
            "TRADEOMS_SECURE_COOKIES": str(self.secure_cookies),
            "TRADEOMS_COMPLIANCE_RUN_AT": self.compliance_run_at,
            "TRADEOMS_COMPLIANCE_RUN_LATE_MINUTES": str(self.compliance_run_late_minutes),
            "TRADEOMS_REQUESTS_PER_SECOND": str(self.requests_per_second),
            "TRADEOMS_SIGN_IN_LIFE_S": str(self.sign_in_life_s),
            "TRADEOMS_SIGN_IN_IDLE_S": str(self.sign_in_idle_s),
        }
        if self.fix_config is not None:
            values["TRADEOMS_FIX_CONFIG"] = str(self.fix_config.absolute())
        return values
