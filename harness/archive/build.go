package archive

import (
	"runtime"
	"runtime/debug"
)

// Module is the path of this module.
const Module = "github.com/nameplate-dev/nameplate"

// UnknownRevision stands for the revision of a build that carries none.
const UnknownRevision = "unknown"

// ThisBuild is what the program knows of its own build. Where this module is only one that the
// program was built with, its version is known and its revision is not.
func ThisBuild() Build {
	b := Build{Nameplate: "devel", Go: runtime.Version(), Revision: UnknownRevision}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	version := func(m *debug.Module) {
		if m.Path == Module && m.Version != "" && m.Version != "(devel)" {
			b.Nameplate = m.Version
		}
	}
	version(&info.Main)
	for _, d := range info.Deps {
		version(d)
	}
	if info.Main.Path != Module {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}
