# PostgreSQL with uprofile, on the official image:
#
#   docker build -t uprofile .                    --build-arg PG=15 for another major version, DEBIAN=bookworm for another release
#   docker run -e POSTGRES_PASSWORD=… uprofile    CREATE EXTENSION uprofile; in the database that is to have it
ARG PG=17
ARG DEBIAN=trixie
FROM postgres:${PG}-${DEBIAN} AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev make postgresql-server-dev-$PG_MAJOR
COPY . /uprofile
RUN make -C /uprofile -j2 PG_CONFIG=/usr/lib/postgresql/$PG_MAJOR/bin/pg_config && \
	make -C /uprofile install DESTDIR=/out PG_CONFIG=/usr/lib/postgresql/$PG_MAJOR/bin/pg_config

FROM postgres:${PG}-${DEBIAN}
COPY --from=build /out/ /
