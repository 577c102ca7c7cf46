// Decompresses gzip as Go's compress/gzip does, for the tests to compare with.
//
// Standard input holds streams, each behind its length as 4 bytes, little-endian;
// standard output gets a line of JSON for each.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
)

type answer struct {
	Content string `json:"content"` // SHA-256; empty where refused
	Error   string `json:"error"`
}

func gunzip(stream []byte) answer {
	reader, err := gzip.NewReader(bytes.NewReader(stream))
	if err != nil {
		return answer{Error: err.Error()}
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, reader); err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Content: hex.EncodeToString(hash.Sum(nil))}
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for {
		var length uint32
		if binary.Read(in, binary.LittleEndian, &length) != nil {
			return
		}
		stream := make([]byte, length)
		if _, err := io.ReadFull(in, stream); err != nil {
			panic(err)
		}
		if err := encoder.Encode(gunzip(stream)); err != nil {
			panic(err)
		}
	}
}
