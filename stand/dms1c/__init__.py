"""1С:Документооборот of the stand: DMService over HTTP, an infobase in memory, clerks who work in it."""
