"""How the tables came to be, in order."""

from typing import Any

from tortoise.migrations import operations as ops


class AddFilledField(ops.AddField):
    """A column that is never null, on a table that may have rows: they have its default at once, without being written.

    Tortoise's own adds it without one, which fails where there is a row. `column` is its type and default in SQL.
    """

    def __init__(self, model_name: str, name: str, field: Any, *, column: str) -> None:
        super().__init__(model_name, name, field)
        self.column = column

    async def database_forward(self, app_label: str, old_state: Any, new_state: Any, state_editor: Any = None) -> None:
        if state_editor is None:
            return
        meta = new_state.apps.get_model(f"{app_label}.{self.model_name}")._meta
        await state_editor._run_sql(f"alter table {meta.db_table} add column {self.name} {self.column}")
        if words := meta.fields_map[self.name].description:
            quoted = words.replace("'", "''")
            await state_editor._run_sql(f"comment on column {meta.db_table}.{self.name} is '{quoted}'")
