// Writes the archive that Terraform's archive_file makes of the entries on its standard input, to its standard output.
//
// Each entry is {"name", "path" or "content_base64", "mode"}: with a mode (an st_mode) it is a file, without one the
// content of a `source` block. The order is kept.
//
// With `walk DIR` it instead prints the names that archive_file packs of the folder, in their order, as JSON; with
// `walk-skipping DIR` those with exclude_symlink_directories.
package main

import (
	"archive/zip"
	"bufio"
	"encoding/json"
	"io/fs"
	"log"
	"os"
	"path/filepath"
)

// 2049-01-01, at 00:00.
const date = 0x8a21

type entry struct {
	Name    string  `json:"name"`
	Path    string  `json:"path"`
	Content []byte  `json:"content_base64"`
	Mode    *uint32 `json:"mode"`
}

func main() {
	log.SetFlags(0)
	if len(os.Args) == 3 {
		names := []string{}
		check(walk(os.Args[2], "", os.Args[1] == "walk-skipping", &names))
		check(json.NewEncoder(os.Stdout).Encode(names))
		return
	}
	var entries []entry
	check(json.NewDecoder(bufio.NewReader(os.Stdin)).Decode(&entries))
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	archive := zip.NewWriter(out)
	for _, entry := range entries {
		add(archive, entry)
	}
	check(archive.Close())
	check(out.Flush())
}

func add(archive *zip.Writer, entry entry) {
	content := entry.Content
	if entry.Path != "" {
		read, err := os.ReadFile(entry.Path)
		check(err)
		content = read
	}
	if entry.Mode == nil {
		writer, err := archive.Create(entry.Name)
		check(err)
		_, err = writer.Write(content)
		check(err)
		return
	}
	header := &zip.FileHeader{Name: entry.Name, Method: zip.Deflate, ModifiedDate: date}
	header.SetMode(fileMode(*entry.Mode))
	writer, err := archive.CreateHeader(header)
	check(err)
	_, err = writer.Write(content)
	check(err)
}

// What os.Stat says of a regular file with this st_mode.
func fileMode(mode uint32) fs.FileMode {
	result := fs.FileMode(mode & 0o777)
	for bit, meaning := range map[uint32]fs.FileMode{
		0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky,
	} {
		if mode&bit != 0 {
			result |= meaning
		}
	}
	return result
}

// Walk of the standard library decides the order, and what SkipDir skips; it does not follow links itself.
func walk(root, prefix string, skipLinks bool, names *[]string) error {
	return filepath.Walk(root, func(path string, info fs.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		relative, err := filepath.Rel(root, path)
		check(err)
		name := filepath.ToSlash(filepath.Join(prefix, relative))
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err := filepath.EvalSymlinks(path)
			check(err)
			stat, err := os.Stat(target)
			check(err)
			if stat.IsDir() && skipLinks {
				return filepath.SkipDir
			}
			if stat.IsDir() {
				return walk(target, name, skipLinks, names)
			}
		}
		*names = append(*names, name)
		return nil
	})
}

func check(err error) {
	if err != nil {
		log.Fatal("oracle: ", err)
	}
}
