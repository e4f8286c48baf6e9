package remedy

import "github.com/linger-dev/linger/internal/say"

func servingRows() []row {
	return []row{
		{serving, Nginx, "nginx", "nginx", "/etc/nginx/nginx.conf", say.Text{
			EN: "In http { }. nginx closes after 1000 requests by default (100 before 1.19.10), and after 75 s.",
			ZH: "放在 http { } 中。nginx 默认在 1000 个请求后（1.19.10 之前为 100）或 75 秒后关闭。",
		}},
		{serving, Apache, "apache", "apache", "/etc/apache2/apache2.conf", say.Text{
			EN: "By default Apache closes after 5 s and after 100 requests. With prefork an idle connection holds a process; event does not.",
			ZH: "Apache 默认在 5 秒后或 100 个请求后关闭。prefork 下空闲连接占住一个进程；event 不会。",
		}},
		{serving, HAProxy, "haproxy", "haproxy", "/etc/haproxy/haproxy.cfg", say.Text{
			EN: "Take out option httpclose.", ZH: "去掉 option httpclose。",
		}},
		{serving, Squid, "squid", "squid", "/etc/squid/conf.d/keepalive.conf", say.Text{
			EN: "These are the defaults: look for a line that turns them off.", ZH: "这些就是默认值：检查是否有哪一行把它们关掉了。",
		}},
		{serving, Envoy, "envoy", "yaml", "envoy.yaml", say.Text{
			EN: "In the HTTP connection manager. The default is 1 hour.", ZH: "放在 HTTP connection manager 中。默认 1 小时。",
		}},
		{serving, Java, "java", "ini", "application.properties", say.Text{
			EN: "Spring Boot with Tomcat. Tomcat itself: keepAliveTimeout and maxKeepAliveRequests (100) of the Connector.",
			ZH: "Spring Boot 内嵌 Tomcat。独立 Tomcat：Connector 的 keepAliveTimeout 与 maxKeepAliveRequests（100）。",
		}},
		{serving, Node, "node", "javascript", "", say.Text{
			EN: "Node closes idle connections after 5 s by default. headersTimeout must be larger.",
			ZH: "Node 默认 5 秒后关闭空闲连接。headersTimeout 必须更大。",
		}},
		{serving, Python, "python-gunicorn", "python", "gunicorn.conf.py", say.Text{
			EN: "gunicorn's sync workers close after each request, whatever keepalive says; gthread and the asynchronous ones do not (2 s by default).",
			ZH: "gunicorn 的 sync worker 无论 keepalive 如何都在每个请求后关闭；gthread 和异步 worker 则不会（默认 2 秒）。",
		}},
		{serving, Python, "python-uvicorn", "sh", "", say.Text{
			EN: "uvicorn closes idle connections after 5 s by default.", ZH: "uvicorn 默认 5 秒后关闭空闲连接。",
		}},
		{serving, Go, "go", "go", "", say.Text{
			EN: "Without IdleTimeout the ReadTimeout holds, and without both nothing ends an idle connection.",
			ZH: "没有 IdleTimeout 时以 ReadTimeout 为准；两者都没有时，空闲连接永不结束。",
		}},
	}
}

func closingRows() []row {
	return []row{
		{closing, Go, "go", "go", "", say.Text{
			EN: "A deadline for each step, and Close on every path. Goroutines that hang in Read without a deadline leak their connection.",
			ZH: "每一步都有超时，每条路径都 Close。没有超时而卡在 Read 中的 goroutine 会泄漏其连接。",
		}},
		{closing, Go, "go-body", "go", "", say.Text{
			EN: "Clients leak in CLOSE_WAIT if a response's Body is not closed.", ZH: "客户端如果不关闭响应的 Body，就会在 CLOSE_WAIT 中泄漏。",
		}},
		{closing, Java, "java", "java", "", say.Text{
			EN: "try-with-resources closes on every path. Give SQL connections, HTTP responses and streams the same.",
			ZH: "try-with-resources 在每条路径上关闭。SQL 连接、HTTP 响应和流也应如此。",
		}},
		{closing, Python, "python", "python", "", say.Text{
			EN: "recv() returns b\"\" at the end of the stream; with closes on every path.", ZH: "流结束时 recv() 返回 b\"\"；with 在每条路径上关闭。",
		}},
		{closing, Node, "node", "javascript", "", say.Text{
			EN: "With allowHalfOpen: true a program must call end() itself on 'end'. A socket that is paused never sees the end.",
			ZH: "allowHalfOpen: true 时，程序必须在 'end' 事件中自己调用 end()。被暂停的 socket 永远看不到结尾。",
		}},
		{closing, PHP, "php", "php", "", say.Text{
			EN: "For long-running scripts; php-fpm closes at the end of the request.", ZH: "用于长期运行的脚本；php-fpm 在请求结束时关闭。",
		}},
		{closing, C, "c", "c", "", say.Text{
			EN: "read() returns 0 when the peer has closed: that is the moment to close(). After fork() the parent closes its copy.",
			ZH: "对端关闭后 read() 返回 0：这时就应调用 close()。fork() 之后父进程要关闭自己的那一份。",
		}},
	}
}

func sourceRows() []row {
	return []row{
		{sources, Nginx, "nginx", "nginx", "/etc/nginx/conf.d/sources.conf", say.Text{
			EN: "Put your own addresses in. nginx sets IP_BIND_ADDRESS_NO_PORT by itself where the system has it.",
			ZH: "换成自己的地址。系统支持时，nginx 会自动设置 IP_BIND_ADDRESS_NO_PORT。",
		}},
		{sources, HAProxy, "haproxy", "haproxy", "/etc/haproxy/haproxy.cfg", say.Text{
			EN: "Put your own addresses in, without ports: HAProxy then sets IP_BIND_ADDRESS_NO_PORT by itself.",
			ZH: "换成自己的地址，不写端口：HAProxy 会自动设置 IP_BIND_ADDRESS_NO_PORT。",
		}},
		{sources, Squid, "squid", "squid", "/etc/squid/conf.d/sources.conf", say.Text{
			EN: "Put your own addresses in.", ZH: "换成自己的地址。",
		}},
		{sources, Python, "python", "python", "", say.Text{
			EN: "The option must be set before bind(). 24 is its number on Linux.", ZH: "必须在 bind() 之前设置该选项。24 是它在 Linux 上的编号。",
		}},
		{sources, Go, "go", "go", "", say.Text{
			EN: "net.Dialer calls Control before it binds LocalAddr; without the option that bind takes a port for all destinations.",
			ZH: "net.Dialer 在绑定 LocalAddr 之前调用 Control；没有该选项时，这次绑定会占用一个对所有目的地都空闲的端口。",
		}},
		{sources, C, "c", "c", "", say.Text{
			EN: "The port of source is 0: connect() chooses it.", ZH: "source 的端口为 0：由 connect() 选择。",
		}},
	}
}
