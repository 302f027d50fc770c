"""Structure, certificate and options of a run in sentences, for the terminal and the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from energy.metrics.options import CLOSED

LEAST_SAID = 0.001  # MWh: what is less is said to be no more than this

if TYPE_CHECKING:
    import xarray as xr


def sentences(dataset: xr.Dataset) -> Iterator[str]:
    """Yield what structure does to the answer, the certificate of the protection order, and what options carry.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record`` or ``energy.results.dataset_parts.exchange_dataset``.

    Examples
    --------
    >>> import energy
    >>> from energy.results.dataset_parts import exchange_dataset
    >>> run = energy.run(energy.read_case("two_bus"), energy.read_scenario("two_bus"))
    >>> list(sentences(exchange_dataset(run)))
    ['Certificate: no service could gain more than 0.001 MWh without one before it losing.']
    """
    if "structure" in dataset:
        yield _structure(dataset["structure"])
    if "certificate" in dataset:
        yield _certificate(dataset["certificate"])
    for name in dataset["option"].to_numpy() if "option" in dataset.dims else ():
        yield _option(dataset.sel(option=name))


def _certificate(gains: xr.DataArray) -> str:
    if gains.isnull().any():
        return (
            "Certificate: none. The solver's weights alone hold the order of services, and a little of one may be given"
            " up for much of a later one; typical days (--resolution typical-days) have a certificate."
        )
    most = max(LEAST_SAID, float(gains.max()))
    return f"Certificate: no service could gain more than {most:.3f} MWh without one before it losing."


def _structure(structure: xr.DataArray) -> str:
    delivered = dict(zip(structure["variant"].to_numpy(), structure.to_numpy(), strict=True))
    sentence = (
        f"Structure: {_whole(delivered['kirchhoff'])} GWh delivered with Kirchhoff's law, "
        f"{_whole(delivered['transport'])} GWh without it"
    )
    if "least_help" in structure.attrs:
        sentence += (
            f"; {_whole(delivered['least_help'])} GWh with {_whole(structure.attrs['least_help'])} GWh of help between "
            f"the sellers, {_whole(delivered['most_help'])} GWh with {_whole(structure.attrs['most_help'])}"
        )
    return f"{sentence} (events known from the start)." if structure.attrs["surprised"] else f"{sentence}."


def _option(option: xr.Dataset) -> str:
    name, binds = str(option["option"].item()), str(option["option_binds"].item())
    rating, received = (
        _whole(option["option_rating"].item()),
        _whole(option["option_received"].item()),
    )
    sentence = f"Option {name} ({rating} MW): {received} GWh received"
    if binds == CLOSED:
        return f"{sentence}; closed in all hours."
    open_hours = _whole(option["option_hours_open"].item())
    at_rating = _whole(option["option_hours_at_rating"].item())
    bound = _whole(option["option_hours_bound"].item())
    return f"{sentence}; open in {open_hours} h, at its rating in {at_rating} h; bound by {binds} in {bound} h."


def _whole(value: float) -> str:
    return f"{round(value) + 0:,d}"
