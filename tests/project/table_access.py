"""Finds which package reads or writes which table, in SQL and in ORM calls."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

WRITE = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM|TRUNCATE|COPY)\s+([a-z_]+)")
READ = re.compile(r"\b(?:FROM|JOIN|USING)\s+([a-z_]+)")
DELETE = re.compile(r"\bDELETE\s+FROM\s+[a-z_]+")
TABLE = re.compile(
    r'^class (\w+)\(SQLModel, table=True\).*?__tablename__ = "(\w+)"',
    re.MULTILINE | re.DOTALL,
)
ORM_READS = {"get", "get_one", "select", "join", "outerjoin", "select_from", "exists"}
ORM_WRITES = {"insert", "update", "delete"}


@dataclass(frozen=True, slots=True, order=True)
class Access:
    """One package that reads or writes a table of another one."""

    package: str
    verb: str
    table: str
    path: str


@dataclass(frozen=True, slots=True)
class Tables:
    """Every table: its owner, and the class that maps it."""

    owners: dict[str, str]
    classes: dict[str, str]


def tables_in(root: Path) -> Tables:
    """A table belongs to the top package whose `models.py` maps it."""
    owners, classes = {}, {}
    for path in sorted(root.rglob("models.py")):
        for name, table in TABLE.findall(path.read_text()):
            owners[table] = package_of(path.relative_to(root))
            classes[name] = table
    return Tables(owners, classes)


def package_of(path: Path) -> str:
    """`publications` for `publications/results/record.py`; `retention` for a module."""
    return path.parts[0].removesuffix(".py")


def foreign_accesses(root: Path, tables: Tables) -> set[Access]:
    """Reads and writes of tables by packages that do not own them."""
    found: set[Access] = set()
    for path in [*root.rglob("*.py"), *root.rglob("*.sql")]:
        inside = path.relative_to(root)
        package = package_of(inside)
        if package == "sandbox":
            continue
        for verb, table in accesses_in(path, tables):
            if tables.owners.get(table, package) != package:
                found.add(Access(package, verb, table, str(inside)))
    return found


def accesses_in(path: Path, tables: Tables) -> Iterator[tuple[str, str]]:
    text = path.read_text()
    if path.suffix == ".sql":
        yield from sql_accesses(text)
        return
    tree = ast.parse(text)
    tables = Tables(tables.owners, _imported_classes(tree, tables))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from sql_accesses(node.value)
        elif isinstance(node, ast.Call):
            yield from orm_accesses(node, tables)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from attribute_writes(node, tables)


def _imported_classes(tree: ast.Module, tables: Tables) -> dict[str, str]:
    """Classes of tables that a module imports; others may have the same name."""
    return {
        alias.name: tables.classes[alias.name]
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("models")
        for alias in node.names
        if alias.name in tables.classes
    }


def sql_accesses(text: str) -> Iterator[tuple[str, str]]:
    """Tables that a statement names, each with `reads` or `writes`."""
    plain = re.sub(r"--.*", "", text)
    for match in WRITE.finditer(plain):
        yield "writes", match[1]
    for match in READ.finditer(DELETE.sub("", plain)):
        yield "reads", match[1]


def orm_accesses(call: ast.Call, tables: Tables) -> Iterator[tuple[str, str]]:
    """`session.get(Store, ...)`, `select(Store.id)`, `update(Store)`, `Store(...)`."""
    name = _name(call.func)
    if name in tables.classes:
        yield "writes", tables.classes[name]
    if name not in ORM_READS | ORM_WRITES:
        return
    verb = "writes" if name in ORM_WRITES else "reads"
    for argument in call.args:
        inner = argument.value if isinstance(argument, ast.Attribute) else argument
        mapped = inner.id if isinstance(inner, ast.Name) else ""
        if mapped in tables.classes:
            yield verb, tables.classes[mapped]


def attribute_writes(
    function: ast.FunctionDef | ast.AsyncFunctionDef, tables: Tables
) -> Iterator[tuple[str, str]]:
    """`store.active = False`, where `store` is a parameter or was loaded here."""
    rows = _rows_in(function, tables)
    for node in ast.walk(function):
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AugAssign):
            targets = [node.target]
        for target in targets:
            named = target.value if isinstance(target, ast.Attribute) else None
            if isinstance(named, ast.Name) and named.id in rows:
                yield "writes", rows[named.id]


def _rows_in(
    function: ast.FunctionDef | ast.AsyncFunctionDef, tables: Tables
) -> dict[str, str]:
    """Names that hold a row of a table, with the table."""
    arguments = [*function.args.args, *function.args.kwonlyargs]
    found = {
        argument.arg: tables.classes[argument.annotation.id]
        for argument in arguments
        if isinstance(argument.annotation, ast.Name)
        and argument.annotation.id in tables.classes
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            for table in _loaded(node.value, tables):
                found[node.targets[0].id] = table
    return found


def _loaded(value: ast.expr, tables: Tables) -> Iterator[str]:
    call = value.value if isinstance(value, ast.Await) else value
    if isinstance(call, ast.Call) and _name(call.func) in {"get", "get_one"}:
        yield from (table for _, table in orm_accesses(call, tables))


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
