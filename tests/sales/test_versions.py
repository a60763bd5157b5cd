"""Who decides on an older state: refused only where it would overwrite, with what the others wrote."""

from datetime import date

import pytest

from sales import statuses
from sales.errors import InvalidValue, VersionConflict
from sales.leads import Status
from sales.leads.edit import LeadFields, edit
from sales.viewers import Viewer
from tests.factories import a_lead


async def test_an_edit_on_an_older_state_is_refused_only_where_it_would_overwrite(ada: Viewer) -> None:
    lead = await a_lead(ada, title="Roof", description="old")
    await edit(lead.id, by=ada, fields=LeadFields(title="New roof"))

    await edit(lead.id, by=ada, fields=LeadFields(description="new"), expected_version=1)
    with pytest.raises(VersionConflict) as refused:
        await edit(lead.id, by=ada, fields=LeadFields(title="Better roof", description="newer"), expected_version=2)

    [conflict] = refused.value.fields
    assert (conflict.field, conflict.base, conflict.theirs, conflict.yours) == ("description", "old", "new", "newer")
    assert refused.value.version == 3
    with pytest.raises(VersionConflict) as refused:
        await edit(lead.id, by=ada, fields=LeadFields(title="Better roof"), expected_version=1)
    [conflict] = refused.value.fields
    assert (conflict.base, conflict.theirs, conflict.yours) == ("Roof", "New roof", "Better roof")
    await edit(lead.id, by=ada, fields=LeadFields(title="New roof"), expected_version=1)


async def test_a_version_that_never_was_is_refused(ada: Viewer) -> None:
    lead = await a_lead(ada)

    for version in (0, -1, 2, 10**12):
        with pytest.raises(InvalidValue, match="version_unknown"):
            await edit(lead.id, by=ada, fields=LeadFields(title="X"), expected_version=version)


async def test_a_decision_that_another_one_overtook_is_a_conflict(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await statuses.close(lead.id, by=ada, status=Status.LOST)

    with pytest.raises(VersionConflict) as refused:
        await statuses.close(lead.id, by=ada, status=Status.WON, expected_version=1)

    assert [(c.field, c.base, c.theirs, c.yours) for c in refused.value.fields] == [("status", "TODO", "LOST", "WON")]


async def test_a_conflict_names_the_fields_in_the_readers_words(ada: Viewer) -> None:
    lead = await a_lead(ada)
    for name in ("expected_close_on", "probability"):
        values = {"expected_close_on": date(2027, 1, 1), "probability": 10}
        await edit(lead.id, by=ada, fields=LeadFields(**{name: values[name]}))  # type: ignore[typeddict-item]

    with pytest.raises(VersionConflict) as refused:
        await edit(lead.id, by=ada, fields=LeadFields(expected_close_on=None, probability=20), expected_version=1)

    assert "probabilité, date de conclusion prévue" in refused.value.message("fr").replace(
        "date de conclusion prévue, probabilité", "probabilité, date de conclusion prévue"
    )
