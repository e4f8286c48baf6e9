package remedy

import (
	"slices"

	"github.com/linger-dev/linger/internal/say"
)

func webRows() []row { return slices.Concat(proxyRows(), programRows()) }

func proxyRows() []row {
	return []row{
		{web, Nginx, "nginx", "nginx", "/etc/nginx/conf.d/backend.conf", say.Text{
			EN: "keepalive counts idle connections of each worker. nginx 1.29.7 and later keep upstream connections by default (keepalive 32 local, HTTP/1.1); before, all three directives are needed, and a Connection header set elsewhere must not be \"close\".",
			ZH: "keepalive 是每个 worker 保留的空闲连接数。nginx 1.29.7 起默认保持上游连接（keepalive 32 local，HTTP/1.1）；更早的版本三条指令缺一不可，且别处设置的 Connection 头不能是 \"close\"。",
		}},
		{fastcgi, Nginx, "nginx", "nginx", "/etc/nginx/conf.d/php.conf", say.Text{
			EN: "Without fastcgi_keep_conn nginx asks php-fpm to close after each request. Keep keepalive × workers below pm.max_children: an idle connection occupies a php-fpm process.",
			ZH: "没有 fastcgi_keep_conn 时，nginx 要求 php-fpm 在每个请求后关闭连接。keepalive × worker 数要小于 pm.max_children：空闲连接会占住一个 php-fpm 进程。",
		}},
		{web, HAProxy, "haproxy", "haproxy", "/etc/haproxy/haproxy.cfg", say.Text{
			EN: "Take out option httpclose, option http-server-close and http-reuse never. http-reuse safe is the default since 2.0; half of the idle connections are closed every 5 s unless pool-purge-delay says longer. mode tcp cannot share connections. A TLS server wants ssl, verify and ca-file on its line.",
			ZH: "去掉 option httpclose、option http-server-close 和 http-reuse never。2.0 起 http-reuse safe 是默认值；默认每 5 秒关闭一半空闲连接，除非 pool-purge-delay 更长。mode tcp 不能共用连接。TLS 服务端要在该行加上 ssl、verify 和 ca-file。",
		}},
		{web, Envoy, "envoy", "yaml", "envoy.yaml", say.Text{
			EN: "Envoy keeps upstream connections by itself, for an hour of idleness by default. Many closes come from max_requests_per_connection: 1, from an upstream that closes sooner (let idle_timeout be shorter than its), or from the TCP proxy filter, which opens one for each client. A TLS upstream wants a transport_socket.",
			ZH: "Envoy 本来就保持上游连接，默认空闲一小时。大量关闭通常来自 max_requests_per_connection: 1、更早关闭连接的上游（idle_timeout 要短于它），或为每个客户端各开一个连接的 TCP proxy 过滤器。TLS 上游需要 transport_socket。",
		}},
		{web, Apache, "apache", "apache", "/etc/apache2/conf-enabled/proxy.conf", say.Text{
			EN: "ttl must be below the backend's idle time; prefork ignores it. Take out disablereuse=On and SetEnv proxy-nokeepalive, force-proxy-request-1.0 and proxy-initial-not-pooled. ProxyPassMatch with a variable host keeps no connection.",
			ZH: "ttl 必须小于后端的空闲时间；prefork 会忽略它。去掉 disablereuse=On 以及 SetEnv proxy-nokeepalive、force-proxy-request-1.0、proxy-initial-not-pooled。主机名含变量的 ProxyPassMatch 不保持连接。",
		}},
		{web, Squid, "squid", "squid", "/etc/squid/conf.d/keepalive.conf", say.Text{
			EN: "Both are on by default: look for a line that turns them off. server_idle_pconn_timeout is 1 minute by default.",
			ZH: "两者默认都是 on：检查是否有哪一行把它们关掉了。server_idle_pconn_timeout 默认 1 分钟。",
		}},
	}
}

func programRows() []row {
	return []row{
		{web, PHP, "php-share", "php", "", say.Text{
			EN: "PHP 8.5: the share handle outlives the request of a php-fpm worker, so each worker keeps its connections.",
			ZH: "PHP 8.5：该共享句柄在 php-fpm 的 worker 中跨请求存活，因此每个 worker 都能保持连接。",
		}},
		{web, PHP, "php-handle", "php", "", say.Text{
			EN: "Before PHP 8.5 a connection lives no longer than the request: use one handle for all calls of a request (Guzzle: one Client), and a local proxy with a pool (nginx, HAProxy) to keep them beyond it.",
			ZH: "PHP 8.5 之前，连接最多存活到请求结束：一个请求内的所有调用用同一个句柄（Guzzle：同一个 Client），若要跨请求保持，可在本机放一个带连接池的代理（nginx、HAProxy）。",
		}},
		{web, Java, "java", "java", "", say.Text{
			EN: "One HttpClient for the whole program: each has its own pool. -Djdk.httpclient.keepalive.timeout=55 bounds idleness in seconds. HttpURLConnection keeps 5 idle connections for each host (-Dhttp.maxConnections), and only if the body is read to its end. Apache HttpClient 5 opens at most 5 for each route: setMaxConnPerRoute.",
			ZH: "整个程序只用一个 HttpClient：每个实例有自己的连接池。-Djdk.httpclient.keepalive.timeout=55 限制空闲秒数。HttpURLConnection 每个主机只保留 5 个空闲连接（-Dhttp.maxConnections），而且必须读完响应体。Apache HttpClient 5 每个 route 最多 5 个：setMaxConnPerRoute。",
		}},
		{web, Node, "node-agent", "javascript", "", say.Text{
			EN: "From Node 19 the global agents keep connections, for 5 s; before, and in every new Agent without keepAlive, they close after each request. Set it before the first request. axios, got and node-fetch take the agent as an option.",
			ZH: "Node 19 起全局 agent 默认保持连接 5 秒；更早版本以及没有 keepAlive 的 new Agent 在每个请求后关闭。须在第一个请求之前设置。axios、got、node-fetch 通过选项传入 agent。",
		}},
		{web, Node, "node-fetch", "javascript", "", say.Text{
			EN: "For fetch(): undici keeps idle connections for 4 s by default. Always read or cancel the body, or its connection is not used again.",
			ZH: "用于 fetch()：undici 默认只保留空闲连接 4 秒。必须读完或取消响应体，否则该连接不会被复用。",
		}},
		{web, Python, "python-requests", "python", "", say.Text{
			EN: "requests.get() opens and closes a connection for each call; a Session keeps them, 10 for each host by default: connections beyond pool_maxsize are closed after use. Make it once in each worker process, after fork().",
			ZH: "requests.get() 每次调用都新建并关闭连接；Session 会保持，默认每个主机 10 个：超过 pool_maxsize 的连接用后即关。每个 worker 进程在 fork() 之后各创建一个。",
		}},
		{web, Python, "python-httpx", "python", "", say.Text{
			EN: "httpx.get() opens and closes a connection for each call. A Client keeps 20 idle ones for 5 s by default. httpx.AsyncClient takes the same limits.",
			ZH: "httpx.get() 每次调用都新建并关闭连接。Client 默认保留 20 个空闲连接、5 秒。httpx.AsyncClient 的 limits 相同。",
		}},
		{web, Curl, "curl-command", "sh", "", say.Text{
			EN: "One curl process uses a connection again for all its URLs (also several on the command line, or in a file with --config); a loop that starts curl each time cannot.",
			ZH: "一个 curl 进程会对它的所有 URL 复用连接（命令行上的多个 URL，或 --config 文件中的）；循环里每次启动 curl 则不能。",
		}},
		{web, Curl, "curl-library", "c", "", say.Text{
			EN: "libcurl keeps connections with the easy handle (5) or the multi handle: never make and clean up a handle for each request. CURLOPT_FORBID_REUSE must be 0. Idle ones are used again for 118 s (CURLOPT_MAXAGE_CONN).",
			ZH: "libcurl 的连接保存在 easy 句柄（5 个）或 multi 句柄中：不要为每个请求创建并清理句柄。CURLOPT_FORBID_REUSE 必须为 0。空闲连接在 118 秒内可复用（CURLOPT_MAXAGE_CONN）。",
		}},
		{web, Go, "go", "go", "", say.Text{
			EN: "One Client for the whole program. MaxIdleConnsPerHost is 2 by default: every further connection is closed after its request. Read each body to its end and close it, or the connection is not used again. For other protocols, linger's package pool keeps net.Conn open.",
			ZH: "整个程序只用一个 Client。MaxIdleConnsPerHost 默认为 2：更多的连接在请求后即被关闭。每个响应体都要读完并关闭，否则连接不会被复用。其他协议可用 linger 的 pool 包保持 net.Conn。",
		}},
	}
}
