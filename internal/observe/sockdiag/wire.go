package sockdiag

// Message types and flags of include/uapi/linux/netlink.h and
// include/uapi/linux/inet_diag.h. They are spelled out here, so that the
// decoder and its tests also build where golang.org/x/sys/unix lacks them.
const (
	msgError   = 2
	msgDone    = 3
	msgOverrun = 4

	msgCompat   = 18 // TCPDIAG_GETSOCK, since Linux 2.6
	msgByFamily = 20 // SOCK_DIAG_BY_FAMILY, since Linux 3.3

	flagRequest = 0x1
	flagTorn    = 0x10  // NLM_F_DUMP_INTR, of answers
	flagDump    = 0x300 // NLM_F_ROOT | NLM_F_MATCH, of requests
	flagTLVs    = 0x200 // NLM_F_ACK_TLVS, of answers
)

// Sizes of the structures, in bytes.
const (
	headerSize    = 16 // struct nlmsghdr
	attrSize      = 4  // struct nlattr
	rowSize       = 72 // struct inet_diag_msg
	reqSize       = 56 // struct inet_diag_req_v2
	reqCompatSize = 60 // struct inet_diag_req
	bufferSize    = 64 << 10
)

const (
	familyInet  = 2
	familyInet6 = 10
	protoTCP    = 6

	reqBytecode = 1 // INET_DIAG_REQ_BYTECODE
	extInfo     = 2 // INET_DIAG_INFO, as an attribute and as a bit of idiag_ext
	extV6Only   = 11

	attrMask = 0x3fff // NLA_TYPE_MASK: the upper two bits are flags
	ackWords = 1      // NLMSGERR_ATTR_MSG

	// infoLastAck is the offset of tcpi_last_ack_recv in struct tcp_info.
	infoLastAck = 56
)

func align4(n int) int { return (n + 3) &^ 3 }
