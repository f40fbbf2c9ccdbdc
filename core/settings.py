"""Every knob, with default, unit and sentence; read once from ``FACEDESK_*`` and ``.env``."""

from __future__ import annotations

import os
from functools import cached_property, lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal, cast

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.contract.fields import ROLES, CheckMode, Role

Accelerator = Literal["cpu", "cuda", "coreml", "openvino"]
ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """The fuse box. Each field ``x`` is set by the environment variable ``FACEDESK_X``."""

    model_config = SettingsConfigDict(
        env_prefix="FACEDESK_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # it may be a password or a key
    )

    data: Path = Field(ROOT / "data", description="Folder of the database and everything stored.")
    database: str = Field(
        "",
        repr=False,  # may hold a password
        description="SQLAlchemy URL of the gallery; empty: SQLite in the data folder.",
    )
    search: Literal["memory", "database", "hnsw"] = Field(
        "memory", description="Where faces are searched; the others need PostgreSQL with pgvector."
    )
    engine: Literal["auto", "insightface", "opencv", "dlib"] = Field(
        "auto",
        description="Face engine; auto: the one chosen on the page, else the best pack, else dlib.",
    )
    models: Path = Field(ROOT / "models", description="Folder of model packs.")
    landmarks: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Use of dlib's 68 points for eyes and pose, which excludes commercial use; "
        "auto: only with InsightFace's packs, which exclude it as well.",
    )
    accelerator: Accelerator = Field(
        "cpu",
        description="What the engine's networks run on, where the installed onnxruntime can; "
        "else the processor.",
    )
    pack: str = Field("", description="Name of the pack to use in the models folder; empty: best.")
    image_roots: str = Field(
        "", description="Folders that register_image_path may name, joined as in PATH."
    )
    fiqa_policy: Path | None = Field(
        None, description="TOML file with the quality limits; none: the built-in default policy."
    )
    key: SecretStr | None = Field(
        None, description="Encryption key, 32 bytes as base64; none: nothing is encrypted."
    )
    key_file: Path | None = Field(
        None, description="File with the encryption key; counts before FACEDESK_KEY."
    )
    keep_days: int = Field(
        90, ge=0, description="Days that superseded photos and kept answers stay."
    )
    identity_check: CheckMode = Field(
        "warn", description="Same-person check when a request does not say: off, warn, strict."
    )
    duplicate_check: CheckMode = Field(
        "warn", description="Check against everybody else when a request does not say."
    )
    same_cosine: float | None = Field(
        None, ge=-1, le=1, description="Same person from this cosine on; none: the engine's own."
    )
    different_cosine: float | None = Field(
        None, ge=-1, le=1, description="Different people below this cosine; none: the engine's own."
    )
    max_body_mb: float = Field(16, gt=0, description="Largest HTTP body, MB.")
    max_image_mb: float = Field(10, gt=0, description="Largest photo file, MB.")
    max_pixels_mp: float = Field(50, gt=0, description="Largest photo, megapixels.")
    max_side_px: int = Field(12_000, gt=0, description="Longest side of a photo, px.")
    max_json_depth: int = Field(32, gt=0, description="Deepest nesting of a JSON body.")
    max_identities: int = Field(100_000, gt=0, description="Gallery capacity, identities.")
    max_photos_each: int = Field(10, gt=0, description="Registered photos an identity may have.")
    max_batch_photos: int = Field(5_000, gt=0, description="Files one batch may have.")
    max_batch_mb: float = Field(2_000, gt=0, description="All photos of a batch, unpacked, MB.")
    workers: int = Field(2, gt=0, description="API requests computed at the same time.")
    queue: int = Field(16, ge=0, description="API requests that may wait; one more gets 42900.")
    camera_fps: float = Field(
        15, gt=0, le=60, description="Frames a second that one live camera may send."
    )
    camera_sockets: int = Field(
        4, ge=0, description="Live cameras at the same time; 0: still pictures only."
    )
    threads: int = Field(
        0, ge=0, description="Threads a large neural network uses; 0: as many as there are cores."
    )
    log_level: str = Field("INFO", description="Level of the structured log on standard error.")
    access: Literal["open", "accounts", "proxy", "oidc"] = Field(
        "open", description="Who may come in; open: everybody on this machine, as admin."
    )
    allowed_hosts: str = Field(
        "",
        description="Names the Host header may hold, with commas; empty: the loopback's when "
        "access is open, else any.",
    )
    trusted_proxies: str = Field(
        "", description="Addresses or networks of reverse proxies to believe, with commas."
    )
    proxy_user_header: str = Field(
        "X-Forwarded-User", description="Header in which a trusted proxy names the user."
    )
    roles: str = Field(
        "", description="Roles of proxy and OIDC users, name=role with commas; * is everybody else."
    )
    oidc_name_claim: str = Field("email", description="Claim that names an OIDC user.")
    oidc_role_claim: str = Field("roles", description="Claim that may hold an OIDC user's role.")
    session_hours: float = Field(
        12, gt=0, description="Hours until one has to sign in to the pages again."
    )
    rate_per_minute: float = Field(
        600, gt=0, description="API requests a minute for each token or address, unless open."
    )
    rate_burst: int = Field(120, gt=0, description="Of these, how many may come at once.")
    lockout_failures: int = Field(
        10, gt=0, description="Wrong passwords or tokens until a name or an address has to wait."
    )
    lockout_minutes: float = Field(15, gt=0, description="Minutes it then has to wait.")

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        for part in listed(value):
            ip_network(part, strict=False)
        return value

    @field_validator("roles")
    @classmethod
    def _are_roles(cls, value: str) -> str:
        for part in listed(value):
            name, _, role = part.rpartition("=")
            if not name.strip() or role.strip() not in ROLES:
                raise ValueError(f"expected name=role with a role of {', '.join(ROLES)}")
        return value

    @cached_property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Where believed reverse proxies are."""
        return tuple(ip_network(part, strict=False) for part in listed(self.trusted_proxies))

    @cached_property
    def role_of(self) -> dict[str, Role]:
        """Roles by name; ``*`` is everybody else's."""
        pairs = (part.rpartition("=") for part in listed(self.roles))
        return {name.strip(): cast(Role, role.strip()) for name, _, role in pairs}

    @model_validator(mode="after")
    def _limits_in_order(self) -> Settings:
        same, different = self.same_cosine, self.different_cosine
        if same is not None and different is not None and same < different:
            raise ValueError("same_cosine must not be below different_cosine")
        return self

    @cached_property
    def database_url(self) -> str:
        """SQLAlchemy URL of the gallery."""
        return self.database or f"sqlite:///{self.data.resolve() / 'gallery.db'}"

    @cached_property
    def image_root_folders(self) -> tuple[Path, ...]:
        """Resolved folders below which ``register_image_path`` is allowed."""
        parts = (p for p in self.image_roots.split(os.pathsep) if p.strip())
        return tuple(Path(p).resolve() for p in parts)

    @cached_property
    def thread_count(self) -> int:
        """Threads for one neural network run."""
        return self.threads or own_cores()


def own_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def listed(text: str) -> list[str]:
    """The parts of a list with commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
