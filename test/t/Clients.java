/*
 * Clients.java - what test/t/clients.sh tries through JDBC
 *
 * The server of the tests listens on a socket alone, which the driver does not know of itself: Plug is such a connection.
 */
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.Arrays;
import java.util.Properties;
import javax.net.SocketFactory;
import org.postgresql.util.PSQLException;

public class Clients
{
	static boolean failed;
	static Connection c;

	public static class Plug extends SocketFactory
	{
		@Override
		public Socket createSocket()
		{
			return new UnixSocket();
		}

		@Override
		public Socket createSocket(String host, int port)
		{
			return new UnixSocket();
		}

		@Override
		public Socket createSocket(String host, int port, InetAddress local, int localPort)
		{
			return new UnixSocket();
		}

		@Override
		public Socket createSocket(InetAddress host, int port)
		{
			return new UnixSocket();
		}

		@Override
		public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
		{
			return new UnixSocket();
		}
	}

	static class UnixSocket extends Socket
	{
		SocketChannel channel;

		@Override
		public void connect(SocketAddress to, int timeout) throws IOException
		{
			channel = SocketChannel.open(StandardProtocolFamily.UNIX);
			channel.connect(UnixDomainSocketAddress.of(System.getenv("PGHOST") + "/.s.PGSQL." + System.getenv("PGPORT")));
		}

		@Override
		public InputStream getInputStream()
		{
			return new InputStream() {
				@Override
				public int read() throws IOException
				{
					byte[] b = new byte[1];
					return read(b, 0, 1) < 0 ? -1 : b[0] & 255;
				}

				@Override
				public int read(byte[] b, int at, int n) throws IOException
				{
					return channel.read(ByteBuffer.wrap(b, at, n));
				}
			};
		}

		@Override
		public OutputStream getOutputStream()
		{
			return new OutputStream() {
				@Override
				public void write(int b) throws IOException
				{
					write(new byte[] {(byte) b}, 0, 1);
				}

				@Override
				public void write(byte[] b, int at, int n) throws IOException
				{
					for (ByteBuffer left = ByteBuffer.wrap(b, at, n); left.hasRemaining();)
						channel.write(left);
				}
			};
		}

		@Override
		public void close() throws IOException
		{
			if (channel != null)
				channel.close();
		}

		@Override
		public boolean isConnected()
		{
			return channel != null;
		}

		@Override
		public void setTcpNoDelay(boolean on)
		{
		}

		@Override
		public void setKeepAlive(boolean on)
		{
		}

		@Override
		public void setSoTimeout(int ms)
		{
		}

		@Override
		public int getSoTimeout()
		{
			return 0;
		}
	}

	static void check(String name, Object got, Object wanted)
	{
		boolean same = String.valueOf(got).equals(String.valueOf(wanted));

		failed |= !same;
		System.out.println((same ? "ok" : "FAIL") + " clients: JDBC: " + name + (same ? "" : "\n    got:    " + got + "\n    wanted: " + wanted));
	}

	static Object one(String sql, Object... values) throws SQLException
	{
		try (PreparedStatement s = c.prepareStatement(sql)) {
			return ask(s, values);
		}
	}

	static Object ask(PreparedStatement s, Object... values) throws SQLException
	{
		for (int i = 0; i < values.length; i++) {
			if (values[i] instanceof Array)
				s.setArray(i + 1, (Array) values[i]);
			else if (values[i] instanceof byte[])
				s.setBytes(i + 1, (byte[]) values[i]);
			else
				s.setObject(i + 1, values[i]);
		}
		try (ResultSet r = s.executeQuery()) {
			r.next();
			return r.getObject(1);
		}
	}

	static String error(String sql, Object... values)
	{
		try {
			return "no error: " + one(sql, values);
		} catch (PSQLException e) {
			return e.getSQLState() + " " + e.getServerErrorMessage().getMessage() + " | " + e.getServerErrorMessage().getHint();
		} catch (SQLException e) {
			return e.toString();
		}
	}

	static void run(String sql) throws SQLException
	{
		try (Statement s = c.createStatement()) {
			s.execute(sql);
		}
	}

	static void deploy(int factor) throws SQLException
	{
		run("SELECT 1 FROM uprofile_train('line', 'SELECT id, x, z, " + factor +
			" * x + z AS w FROM points', target => 'w', algorithm => 'linear', key => 'id', deploy => 'always')");
	}

	/* The driver prepares in the server at the threshold; arrays are binary from then on. */
	static void race(int threshold) throws SQLException
	{
		Properties p = new Properties();
		String how = threshold == 0 ? "never prepared" : "prepared at " + threshold;
		Double proba = Double.valueOf(System.getenv("PROBA"));
		StringBuilder got = new StringBuilder();
		byte[] model;

		p.setProperty("user", System.getenv("PGUSER"));
		p.setProperty("socketFactory", Plug.class.getName());
		p.setProperty("prepareThreshold", String.valueOf(threshold));
		p.setProperty("sslmode", "disable");
		p.setProperty("gssEncMode", "disable");
		c = DriverManager.getConnection("jdbc:postgresql://localhost/" + System.getenv("PGDATABASE"), p);

		try (PreparedStatement s = c.prepareStatement("SELECT round(uprofile_predict(m, ?)) FROM kept")) {
			for (int i = 1; i <= 9; i++)
				got.append(ask(s, c.createArrayOf("float8", new Object[] {(double) i, 2.0}))).append(' ');
			check("arrays, " + how, got, "12.0 22.0 32.0 42.0 52.0 62.0 72.0 82.0 92.0 ");
			check("whole numbers, " + how, ask(s, c.createArrayOf("int4", new Object[] {3, 2})), "32.0");
			s.setObject(1, new double[] {3, 2});
			try (ResultSet r = s.executeQuery()) {
				r.next();
				check("double[], " + how, r.getDouble(1), 32.0);
			}
			s.setNull(1, Types.ARRAY, "float8[]");
		}
		check("NULL for an array, " + how, one("SELECT uprofile_predict(m, ?::float8[]) FROM kept", (Object) null), null);
		check("an array with NULL, " + how, error("SELECT uprofile_predict(m, ?) FROM kept", c.createArrayOf("float8", new Object[] {1.0, null})),
			"22004 element 2 of the features is NULL | Leave such rows out, or use the row form, which imputes missing values.");

		got.setLength(0);
		try (PreparedStatement s = c.prepareStatement("SELECT uprofile_predict_proba(?, p) FROM points p WHERE id = ?")) {
			for (int i = 0; i < 9; i++)
				got.append(ask(s, "class", 7)).append(' ');
		}
		check("rows by name, " + how, got, (proba + " ").repeat(9));
		check("a row of values, " + how, one("SELECT uprofile_predict_proba('class', r) FROM (SELECT ? AS x, ? AS z, ?::text AS kind, 1 AS id) AS r", 7.0, 2, "b"), proba);

		got.setLength(0);
		try (PreparedStatement s = c.prepareStatement("SELECT round(uprofile_predict('line', p)) FROM lines p WHERE id = ?")) {
			for (int i = 0; i < 12; i++)
				got.append(ask(s, 5)).append(' ');
			deploy(20);
			got.append(ask(s, 5)).append(' ');
			run("SELECT uprofile_rollback('line')");
			got.append(ask(s, 5));
			check("what is deployed meanwhile, " + how, got, "50.0 ".repeat(12) + "100.0 50.0");
		}
		check("what is planned for all values, " + how, one("SELECT coalesce(max(generic_plans), 0) > 0 FROM pg_prepared_statements"), threshold > 0);

		model = (byte[]) one("SELECT m FROM kept");
		run("CREATE TABLE brought (m bytea)");
		try (PreparedStatement s = c.prepareStatement("INSERT INTO brought VALUES (?)")) {
			for (int i = 0; i < 7; i++) {
				s.setBytes(1, model);
				s.executeUpdate();
			}
		}
		check("models that went out and came back, " + how, one("SELECT count(*) = 7 AND bool_and(brought.m = kept.m) FROM brought, kept"), true);
		run("DROP TABLE brought");
		check("a model as a parameter, " + how, one("SELECT round(uprofile_predict(?, ?))", model, c.createArrayOf("float8", new Object[] {3.0, 2.0})), "32.0");
		check("damaged bytes, " + how, error("SELECT uprofile_predict(?, ?)", Arrays.copyOf(model, 40), c.createArrayOf("float8", new Object[] {3.0, 2.0})).substring(0, 20),
			"XX001 damaged model ");
		check("a model that is not there, " + how, error("SELECT uprofile_predict(?, p) FROM points p", "none"),
			"42704 model \"none\" does not exist | uprofile_models lists the models that you may use.");
		check("a misspelt parameter, " + how, error("SELECT version FROM uprofile_train('other', 'points', target => ?, algorithm => 'tree', params => ?::jsonb)", "y", "{\"max_deth\": 3}"),
			"22023 algorithm \"tree\" has no parameter \"max_deth\" | Perhaps you meant \"max_depth\".");
		run("SELECT uprofile_create('club', 'points', 'id')");
		run("CALL uprofile_run('club')");
		check("a procedure that commits, " + how, one("SELECT count(*) FROM club_profile"), 300);
		run("SELECT uprofile_drop('club')");
		c.setAutoCommit(false);
		try (PreparedStatement s = c.prepareStatement("SELECT count(uprofile_predict_label('class', p)) FROM points p")) {
			s.setFetchSize(50);
			check("within a transaction, by parts, " + how, ask(s), 300);
		}
		c.rollback();
		c.close();
	}

	public static void main(String[] arguments) throws SQLException
	{
		for (int threshold : new int[] {5, 1, 0})
			race(threshold);
		System.exit(failed ? 1 : 0);
	}
}
