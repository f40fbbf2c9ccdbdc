"""Who may sign in: accounts of people and tokens of programs. Every change is audited."""

from __future__ import annotations

from datetime import datetime, timezone

from sqlalchemy import String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from core.contract.fields import Role
from core.errors import NotFound, ParameterError
from core.gallery.base import Store
from core.gallery.records import Account, Actor, ApiToken, AuditEntry
from core.gallery.tables import Base


class AccountRow(Base):
    """A person's account."""

    __tablename__ = "access_account"

    name: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[Role] = mapped_column(String)
    password_hash: Mapped[str]
    disabled: Mapped[bool]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class TokenRow(Base):
    """A program's token; its secret is kept as a hash only."""

    __tablename__ = "access_token"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(String)
    secret_sha256: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class Credentials(Store):
    """Accounts and tokens."""

    def account(self, name: str) -> Account | None:
        """The account of this name, also a disabled one."""
        with self.database.read() as session:
            row = session.get(AccountRow, name)
            return _account(row) if row else None

    def accounts(self) -> tuple[Account, ...]:
        """All accounts, by name."""
        with self.database.read() as session:
            rows = session.scalars(select(AccountRow).order_by(AccountRow.name))
            return tuple(_account(row) for row in rows)

    def create_account(self, name: str, role: Role, password_hash: str, actor: Actor) -> None:
        """A new account. Raises ``ParameterError`` when the name is taken."""
        with self.transaction() as tx:
            if tx.session.get(AccountRow, name):
                raise ParameterError("An account of this name exists already.")
            row = AccountRow(name=name, role=role, password_hash=password_hash, disabled=False)
            row.created_at, row.last_used_at = tx.now, None
            tx.session.add(row)
            tx.audit(_note("account", actor, change="create", account=name, role=role))

    def set_password(self, name: str, password_hash: str, actor: Actor) -> None:
        """Another password, which also ends what the old one opened. Raises ``NotFound``."""
        self._change_account(name, actor, "password", password_hash=password_hash)

    def set_role(self, name: str, role: Role, actor: Actor) -> None:
        """Another role, from the next click on. Raises ``NotFound``."""
        self._change_account(name, actor, "role", role=role)

    def set_disabled(self, name: str, disabled: bool, actor: Actor) -> None:
        """Close an account, or open it again. Raises ``NotFound``."""
        change = "disable" if disabled else "enable"
        self._change_account(name, actor, change, disabled=disabled)

    def _change_account(self, name: str, actor: Actor, change: str, **values: object) -> None:
        with self.transaction() as tx:
            if (row := tx.session.get(AccountRow, name)) is None:
                raise NotFound("There is no account of this name.")
            for field, value in values.items():
                setattr(row, field, value)
            tx.audit(_note("account", actor, change=change, account=name))

    def token(self, token_id: str) -> ApiToken | None:
        """The token with this public part, also an expired or revoked one."""
        with self.database.read() as session:
            row = session.get(TokenRow, token_id)
            return _token(row) if row else None

    def tokens(self) -> tuple[ApiToken, ...]:
        """All tokens, oldest first."""
        with self.database.read() as session:
            rows = session.scalars(select(TokenRow).order_by(TokenRow.created_at, TokenRow.id))
            return tuple(_token(row) for row in rows)

    def create_token(self, token: ApiToken, actor: Actor) -> None:
        """Store a new token."""
        with self.transaction() as tx:
            names = ("id", "name", "role", "secret_sha256", "created_at", "expires_at")
            tx.session.add(TokenRow(**{name: getattr(token, name) for name in names}))
            facts = {"change": "create", "token": token.id, "name": token.name, "role": token.role}
            tx.audit(_note("token", actor, **facts))

    def revoke_token(self, token_id: str, actor: Actor) -> None:
        """End a token for good. Raises ``NotFound``."""
        with self.transaction() as tx:
            if (row := tx.session.get(TokenRow, token_id)) is None:
                raise NotFound("There is no token with this id.")
            row.revoked_at = row.revoked_at or tx.now
            tx.audit(_note("token", actor, change="revoke", token=token_id, name=row.name))

    def note_use(self, *, account: str = "", token_id: str = "") -> None:
        """Remember that an account or a token was used just now."""
        now = datetime.now(timezone.utc)
        with self.database.write() as session:
            if account:
                used = update(AccountRow).where(AccountRow.name == account)
            else:
                used = update(TokenRow).where(TokenRow.id == token_id)
            session.execute(used.values(last_used_at=now))


def _note(action: str, actor: Actor, **facts: str) -> AuditEntry:
    return AuditEntry(action, facts=dict(facts), actor=actor)


def _account(row: AccountRow) -> Account:
    return Account(
        row.name, row.role, row.password_hash, row.disabled, row.created_at, row.last_used_at
    )


def _token(row: TokenRow) -> ApiToken:
    return ApiToken(
        row.id,
        row.name,
        row.role,
        row.secret_sha256,
        row.created_at,
        row.expires_at,
        row.revoked_at,
        row.last_used_at,
    )
