// Package journal changes settings of the kernel so that every change can be
// taken back, whatever happens in between: the program is killed at any
// instant, the disk is full, the ssh session dies, the host reboots.
//
// What will be done is on disk (fsync) before it is done. Each change has one
// entry, a file in the journal's directory that is only ever replaced whole.
// One process at a time holds the directory's lock, so who reads an unfinished
// entry under the lock knows that its maker is dead.
//
//	state       in the kernel        in the file          how it goes on
//	applying    the first Step keys  old; new is possible Finish or Undo; past its deadline Recover undoes it;
//	            may be new           once Step > keys     at Step 0 nothing has happened: Recover abandons it
//	pending     new                  old                  Confirm; or the guard, or Recover, undoes it at the deadline
//	confirming  new                  old or new           Finish, also by the guard or Recover; or Undo
//	applied     new                  new, if any          Undo
//	undoing     old or new           old or new           Finish or Undo, both of which go back; Recover, past a deadline
//	undone      old                  old                  the end
//	abandoned   nothing of the entry is left to take back: the end
//
// Going forward, the values come first and the file last, so a file never asks
// at boot for what the kernel has refused. Going back, the file comes first. A
// change that waits to be confirmed has no file yet: if it makes the host
// unreachable, a reboot takes it back too, without linger having to run.
//
// Old and new are looked up, never assumed: going on compares what is there
// with both, and where it is neither, somebody else has changed it meanwhile.
package journal
