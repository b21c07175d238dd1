"""One session for all statements of a spec: to start psql anew for each takes longer than most of them do.

Needs psycopg (python3-psycopg); ServerSession is None where it isn't there.
"""
try:
    from psycopg import pq
except ImportError:
    pq = None


class Session:
    """Runs statements as psql -qAt -c does, each call as if in a new session."""
    def __init__(self):
        self.connection = None

    def connect(self):
        if self.connection is not None and self.connection.status == pq.ConnStatus.OK \
                and self.connection.transaction_status == pq.TransactionStatus.IDLE:
            _, error = self.send("DISCARD ALL")
            if not error:
                return
        if self.connection is not None:
            self.connection.finish()
        self.connection = pq.PGconn.connect(b"")
        if self.connection.status != pq.ConnStatus.OK:
            raise ConnectionError(self.connection.error_message.decode())

    def send(self, sql, stdin=None):
        """What the statements give, a line a row, and the error at which they ended, or an empty text."""
        lines, error = [], ""
        self.connection.send_query(sql.encode())
        while (result := self.connection.get_result()) is not None:
            if result.status == pq.ExecStatus.TUPLES_OK:
                columns = range(result.nfields)
                lines += [b"|".join([result.get_value(row, column) or b"" for column in columns]) for row in range(result.ntuples)]
            elif result.status == pq.ExecStatus.COPY_IN:
                if stdin:
                    self.connection.put_copy_data(stdin.encode())
                self.connection.put_copy_end()
            elif result.status == pq.ExecStatus.COPY_OUT:
                while (copied := self.connection.get_copy_data(0))[0] > 0:
                    lines.append(bytes(copied[1]).rstrip(b"\n"))
            elif result.status == pq.ExecStatus.FATAL_ERROR:
                error += result.error_message.decode()
        return "".join(line.decode() + "\n" for line in lines), error

    def run(self, settings, sql, stdin=None):
        self.connect()
        _, error = self.send("; ".join(settings)) if settings else ("", "")
        return ("", error) if error else self.send(sql, stdin)


ServerSession = Session if pq is not None else None
