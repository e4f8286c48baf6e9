package observe_test
import ("testing";"time";"sync"
"github.com/linger-dev/linger/internal/evidence")
func TestY(t *testing.T){ var wg sync.WaitGroup
for i:=0;i<60;i++{ wg.Add(1); if i%12==0 {time.Sleep(300*time.Millisecond)}; go func(){defer wg.Done(); w:=newWorld(t); h,err:=w.Host("a"); if err!=nil{t.Error(err);return}; oddities(t,h); st:=time.Now()
for { n:=0; last:=""; for _,s:=range ssLines(t,h){ if s.row.Timer==evidence.TimerProbe{n++} else if s.row.Timer==evidence.TimerRetransmit {last=s.line} }; d:=time.Since(st); if n==2 {if d>1500*time.Millisecond {t.Log(d)}; break}; if d>6*time.Second {t.Log("stuck",d,last); break}; time.Sleep(20*time.Millisecond)}}()};wg.Wait()}
