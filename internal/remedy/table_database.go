package remedy

import "github.com/linger-dev/linger/internal/say"

func databaseRows() []row {
	hikari := say.Text{
		EN: "HikariCP. maxLifetime (29 min here) must be some minutes below what the server or a firewall allows (MySQL: wait_timeout, 8 h by default); keepaliveTime (HikariCP 4.0) below maxLifetime. One pool for the whole program.",
		ZH: "HikariCP。maxLifetime（此处 29 分钟）必须比服务端或防火墙允许的时间短几分钟（MySQL：wait_timeout，默认 8 小时）；keepaliveTime（HikariCP 4.0 起）要小于 maxLifetime。整个程序只用一个连接池。",
	}
	sqlDB := say.Text{
		EN: "sql.DB is a pool: open it once. It keeps 2 idle connections by default, and closes every further one after its query. Close Rows on every path.",
		ZH: "sql.DB 就是连接池：只打开一次。它默认只保留 2 个空闲连接，更多的在查询后即被关闭。每条路径上都要关闭 Rows。",
	}
	return []row{
		{mysql, Java, "java", "ini", "hikari.properties", hikari},
		{postgresql, Java, "java", "ini", "hikari.properties", hikari},
		{mysql, Go, "go", "go", "", sqlDB},
		{postgresql, Go, "go", "go", "", sqlDB},
		{mysql, Python, "python", "python", "", say.Text{
			EN: "SQLAlchemy keeps a pool for each engine: make one in each process, after fork(). Django: CONN_MAX_AGE = 600. pool_recycle must be below wait_timeout.",
			ZH: "SQLAlchemy 每个 engine 一个连接池：每个进程在 fork() 之后各创建一个。Django：CONN_MAX_AGE = 600。pool_recycle 必须小于 wait_timeout。",
		}},
		{postgresql, Python, "python", "python", "", say.Text{
			EN: "psycopg 3. One pool in each process, made after fork(). SQLAlchemy and Django have pools of their own (pool_size, CONN_MAX_AGE).",
			ZH: "psycopg 3。每个进程在 fork() 之后各创建一个连接池。SQLAlchemy 与 Django 有自己的池（pool_size、CONN_MAX_AGE）。",
		}},
		{mysql, Node, "node", "javascript", "", say.Text{
			EN: "createPool instead of createConnection; give each connection back with release(), also after an error.",
			ZH: "用 createPool 代替 createConnection；每个连接用 release() 归还，出错时也一样。",
		}},
		{postgresql, Node, "node", "javascript", "", say.Text{
			EN: "Pool instead of Client: idle connections are closed after 10 s by default. pool.query gives them back by itself.",
			ZH: "用 Pool 代替 Client：空闲连接默认 10 秒后关闭。pool.query 会自动归还连接。",
		}},
		{mysql, PHP, "php", "php", "", say.Text{
			EN: "A persistent connection stays with its php-fpm worker: max_connections must be above the number of all workers. mysqli: host \"p:…\". Open transactions and locks outlive the request, so end them.",
			ZH: "持久连接留在各自的 php-fpm worker 中：max_connections 必须大于全部 worker 数。mysqli：主机名写成 \"p:…\"。未结束的事务和锁会跨请求存活，必须结束它们。",
		}},
		{postgresql, PHP, "php", "ini", "/etc/pgbouncer/pgbouncer.ini", say.Text{
			EN: "PgBouncer on the same host: php connects to 127.0.0.1:6432, and only PgBouncer to the database. In transaction mode session settings and LISTEN do not work. PDO::ATTR_PERSISTENT without it holds one server process for each worker.",
			ZH: "本机运行 PgBouncer：php 连接 127.0.0.1:6432，只有 PgBouncer 连接数据库。transaction 模式下会话级设置和 LISTEN 不可用。不用它而用 PDO::ATTR_PERSISTENT 时，每个 worker 占用一个服务端进程。",
		}},
		{redis, Go, "go", "go", "", say.Text{
			EN: "A go-redis Client is a pool (10 × GOMAXPROCS by default): make it once, not for each call.",
			ZH: "go-redis 的 Client 就是连接池（默认 10 × GOMAXPROCS）：只创建一次，不要每次调用都创建。",
		}},
		{redis, Java, "java", "java", "", say.Text{
			EN: "Jedis: a pool, and try-with-resources for what it lends; 8 connections by default. Lettuce needs one connection for the whole program.",
			ZH: "Jedis：使用连接池，借出的连接用 try-with-resources；默认 8 个。Lettuce 整个程序只需一个连接。",
		}},
		{redis, Python, "python", "python", "", say.Text{
			EN: "redis.Redis has a pool: make it once in each process. BlockingConnectionPool waits at the limit instead of failing.",
			ZH: "redis.Redis 自带连接池：每个进程只创建一次。BlockingConnectionPool 到上限时等待而不是报错。",
		}},
		{redis, Node, "node", "javascript", "", say.Text{
			EN: "One client for the whole program: it sends many commands over one connection. ioredis likewise.",
			ZH: "整个程序只用一个客户端：它在一个连接上发送许多命令。ioredis 相同。",
		}},
		{redis, PHP, "php", "php", "", say.Text{
			EN: "pconnect instead of connect: the connection stays with its php-fpm worker.",
			ZH: "用 pconnect 代替 connect：连接留在各自的 php-fpm worker 中。",
		}},
	}
}
