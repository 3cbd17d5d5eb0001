"""API schemas of mapping previews and proposals."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from app.catalogs.engine.pipeline.preview import Preview, SampleRow
from app.catalogs.engine.read.inspect import Inspection
from app.catalogs.engine.validate.problems import describe
from app.catalogs.mapping.proposal import SURE, Guess, Proposal, warnings_of
from app.catalogs.schemas import ProblemSeverity, severity_of
from app.stores.channel import REQUIRED_NAMES
from app.stores.mapping.mapping_model import CatalogMapping, CategoryTarget

PreviewOutcome = Literal["valid", "invalid", "uncategorized", "excluded"]


class PreviewIn(BaseModel):
    """What to preview; omitted fields default to the store's settings."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "mapping": {
                        "attributes": {
                            "sku": {"column": "sku"},
                            "price": {
                                "column": "price",
                                "steps": [
                                    {"op": "percent", "by": "5"},
                                    {"op": "ending", "at": "0.99"},
                                ],
                            },
                        }
                    },
                    "sample": 10,
                }
            ]
        },
    )

    mapping: CatalogMapping | None = Field(None, description="null: that of the store")
    categories: list[CategoryTarget] | None = Field(
        None, max_length=20_000, description="null: those of the store"
    )
    catalog_id: UUID | None = Field(None, description="null: the newest of the store")
    sample: StrictInt = Field(20, ge=1, le=100, description="rows to show")


class FunnelOut(BaseModel):
    """rows = excluded + uncategorized + invalid + valid."""

    rows: int
    excluded: int
    excluded_by: dict[str, int] = Field(description="rows by filter, in their order")
    uncategorized: int
    invalid: int
    invalid_by: dict[str, int] = Field(
        description="rows by code; one row can have several"
    )
    noted_by: dict[str, int] = Field(description="rows by code of the note")
    valid: int


class PreviewProblem(BaseModel):
    """A problem of one field, and what is accepted instead."""

    field: str
    code: str
    severity: ProblemSeverity
    message: str
    accepted: str | None
    value: str | None


class PreviewRow(BaseModel):
    """One row: source cells, attribute values and outcome."""

    line: int
    outcome: PreviewOutcome
    source: dict[str, str | None] = Field(
        description="cells that the mapping reads, at most 300 characters each"
    )
    texts: dict[str, str | None] = Field(
        description="each attribute after its text steps, before parsing"
    )
    values: dict[str, object] = Field(
        description="each attribute of the resulting offer"
    )
    problems: list[PreviewProblem]
    excluded_by: str | None = Field(description="the filter that excludes the row")


class PreviewOut(BaseModel):
    """What an import would do. Nothing is changed."""

    catalog_id: UUID
    whole: bool = Field(
        description="false: the catalog is large, only its beginning was read"
    )
    missing: list[str] = Field(description="required attributes without a source")
    funnel: FunnelOut
    rows: list[PreviewRow] = Field(
        description="the first row of each combination of problems, then the first rows"
    )


def preview_out(
    found: Preview, catalog_id: UUID, mapping: CatalogMapping, currency: str
) -> PreviewOut:
    return PreviewOut(
        catalog_id=catalog_id,
        whole=found.is_whole,
        missing=list(mapping.missing),
        funnel=FunnelOut.model_validate(found.funnel, from_attributes=True),
        rows=[_row_out(row, currency) for row in found.rows],
    )


def _row_out(row: SampleRow, currency: str) -> PreviewRow:
    problems = []
    for found in row.problems:
        field, code, value = found["field"], found["code"], found["value"]
        message, accepted = describe(field, code, value, currency)
        problems.append(
            PreviewProblem(
                field=field,
                code=code,
                severity=severity_of(code),
                message=message,
                accepted=accepted,
                value=value,
            )
        )
    return PreviewRow.model_validate(
        {
            "line": row.line,
            "outcome": row.outcome,
            "source": row.cells,
            "texts": row.texts,
            "values": row.values,
            "problems": problems,
            "excluded_by": row.excluded_by,
        }
    )


class GuessOut(BaseModel):
    """A column that may be the attribute."""

    column: str
    confidence: float = Field(ge=0, le=1)
    reasons: list[str]


class ProposedAttribute(GuessOut):
    """The column that is most likely the attribute."""

    attribute: str
    required: bool
    source: dict[str, object] = Field(description="as a mapping would have it")
    alternatives: list[GuessOut]


class ProposalOut(BaseModel):
    """A mapping to review, edit and PUT. It is not applied automatically."""

    catalog_id: UUID
    rows: int = Field(description="rows that were read")
    items: list[ProposedAttribute] = Field(description="by confidence, descending")
    mapping: dict[str, object] = Field(
        description=f"attributes with a confidence of {SURE} or more"
    )
    missing: list[str] = Field(description="required attributes below that confidence")
    unused_columns: list[str]
    warnings: list[str] = Field(description="why one is left out")


def proposal_out(
    proposals: list[Proposal], catalog_id: UUID, found: Inspection
) -> ProposalOut:
    sure = {
        p.guess.attribute: p.source for p in proposals if p.guess.confidence >= SURE
    }
    used = {p.guess.column for p in proposals}
    return ProposalOut(
        catalog_id=catalog_id,
        rows=len(found.sample),
        items=[
            ProposedAttribute(
                **_guess_out(p.guess).model_dump(),
                attribute=p.guess.attribute,
                required=p.guess.attribute in REQUIRED_NAMES,
                source=p.source,
                alternatives=[_guess_out(other) for other in p.alternatives],
            )
            for p in proposals
        ],
        mapping={"attributes": sure},
        missing=[name for name in REQUIRED_NAMES if name not in sure],
        unused_columns=[name for name in found.columns if name not in used],
        warnings=warnings_of(found.columns, found.sample),
    )


def _guess_out(guess: Guess) -> GuessOut:
    return GuessOut(
        column=guess.column, confidence=guess.confidence, reasons=list(guess.reasons)
    )
