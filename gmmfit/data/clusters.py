"""Clusters of workers, where Dask is installed."""

from typing import TYPE_CHECKING, Any

from gmmfit.data.progress import Progress, no_progress
from gmmfit.errors import ArgumentError

if TYPE_CHECKING:
    from gmmfit.data.dask import Cluster

LIBRARIES = ("dask", "distributed")


def open_cluster(
    of: Any = None, n: int | None = None, report_progress: Progress = no_progress, in_threads: bool = False
) -> "Cluster":
    """The workers of a Dask cluster; what is asked for is as in `Cluster`.

    Raises:
        ArgumentError: Dask isn't installed, no scheduler answers, or its workers don't have this version of gmmfit.
    """
    try:
        from gmmfit.data.dask import Cluster
    except ModuleNotFoundError as error:
        if error.name not in LIBRARIES:
            raise
        raise ArgumentError("`dask` needs workers of Dask: pip install 'gmmfit[dask]'") from None
    return Cluster(of, n, report_progress, in_threads)
