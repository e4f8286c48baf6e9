package remedy

import (
	"fmt"

	"github.com/linger-dev/linger/internal/evidence"
)

// leaks makes the remedies for programs that leave connections in CLOSE_WAIT.
func (p *planner) leaks() []draft {
	var out []draft
	for _, i := range p.of("close-wait-leak") {
		f := &p.all[i]
		if o := p.halted(f.Who); o != nil {
			out = append(out, p.resume(i, o))
			continue
		}
		out = append(out, p.closeAtEnd([]int{i}, f.Who, p.subjects([]int{i})))
	}
	return out
}

// halted returns a holder that cannot run, or nil.
func (p *planner) halted(m evidence.Maker) *evidence.Owner {
	for _, pid := range m.PIDs {
		if o := p.snap.Owner(pid); o != nil && (o.State == "T" || o.State == "t") {
			return o
		}
	}
	return nil
}

func (p *planner) resume(i int, o *evidence.Owner) draft {
	l := p.lang
	how := l.F("kill -CONT %d lets it run on; it then reads the end of each stream and can close.", "kill -CONT %d 让它继续运行；它随后会读到流的结尾并可以关闭。", o.PID)
	if o.State == "t" {
		how = l.F("Let the debugger continue process %d or detach from it; it can then close.", "让调试器继续运行进程 %d 或与之分离；它随后就可以关闭。", o.PID)
	}
	name := fmt.Sprintf("%s (%d)", o.Name, o.PID)
	return p.draft([]int{i}, Remedy{
		Code: ContinueProcess, Kind: Application, Safety: Harmless,
		Title: l.F("let %s run on", "让 %s 继续运行", name),
		What: l.F("The process is stopped. The kernel still acknowledges for it, but nobody closes, and CLOSE_WAIT has no timer. %s",
			"该进程已停止。内核仍替它确认，但没有人关闭连接，而 CLOSE_WAIT 没有定时器。%s", how),
		Risk:     l.F("somebody stopped it, perhaps on purpose", "有人停止了它，可能是有意的"),
		Undo:     l.F("kill -STOP %d", "kill -STOP %d", o.PID),
		ProvedBy: []string{"stopped-process-keeps-close-wait"},
		Ends:     true,
	})
}

func (p *planner) closeAtEnd(at []int, m evidence.Maker, where string) draft {
	l := p.lang
	return p.draft(at, Remedy{
		Code: CloseAtEnd, Kind: Application, Safety: Harmless,
		Title: l.F("close connections whose peer has closed: %s at %s", "关闭对端已关闭的连接：%s，%s", p.who(m), where),
		What: l.F("The peer has sent its FIN; only this program's close() ends CLOSE_WAIT. Read until the end of the stream, close on every path, errors included, and give reads and writes a deadline. A fork()ed child that keeps the descriptor keeps the connection. A restart frees what has leaked until then.",
			"对端已发送 FIN；只有本程序调用 close() 才能结束 CLOSE_WAIT。要读到流的结尾，在每条路径（包括出错时）上关闭，并为读写设置超时。fork() 出的子进程若仍持有描述符，连接就不会结束。重启可以释放此前泄漏的连接。"),
		Risk:     l.F("none", "无"),
		Undo:     p.restore(),
		ProvedBy: []string{"stopped-process-keeps-close-wait", "forked-child-keeps-connection", "forking-server-forgets-to-close"},
		Snippets: snippets(closing, clientsOf(p.snap, m), noService, l),
		Ends:     true,
	})
}
