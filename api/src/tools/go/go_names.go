// Prints what Go calls the fields of Kubernetes' types and their types, where the OpenAPI document does not tell: the lines of
// kubernetes-1.36.gonames. It asks upstream's own types, which Debian has as packages:
//
//	apt-get install golang-go golang-k8s-client-go-dev golang-k8s-apiextensions-apiserver-dev
//	GO111MODULE=off GOPATH=/usr/share/gocode go run go_names.go kubernetes-1.36.table >lines
package main

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	extensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/client-go/kubernetes/scheme"
)

// By the names that the OpenAPI document has for them.
var marks = map[string][]string{}
var seen = map[reflect.Type]bool{}

func definition(t reflect.Type) string {
	path := strings.Split(t.PkgPath(), "/")
	path[0] = "io.k8s"
	return strings.Join(append(path, t.Name()), ".")
}

// Whether the type, or what is in its lists and maps, has a name that OpenAPI does not know.
func hasName(t reflect.Type) bool {
	switch {
	case t.Kind() == reflect.Ptr:
		return hasName(t.Elem())
	case t.PkgPath() != "":
		return t.Kind() != reflect.Struct && t.Kind() != reflect.Interface
	case t.Kind() == reflect.Map:
		return t.Key().PkgPath() != "" || hasName(t.Elem())
	case t.Kind() == reflect.Slice:
		return hasName(t.Elem())
	default:
		return false
	}
}

func indirect(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Ptr {
		t = t.Elem()
	}
	return t
}

func fields(t reflect.Type, within string) (out []string) {
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		name := strings.Split(f.Tag.Get("json"), ",")[0]
		if embedded := indirect(f.Type); f.Anonymous && name == "" {
			if embedded.Kind() == reflect.Struct {
				out = append(out, fields(embedded, strings.TrimPrefix(within+"."+f.Name, "."))...)
			}
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		walk(f.Type)
		mark := name
		if within != "" && within != "TypeMeta" {
			mark += "@" + within
		}
		if hasName(f.Type) {
			mark += ":" + indirect(f.Type).String()
		}
		if mark != name {
			out = append(out, mark)
		}
	}
	return out
}

func walk(t reflect.Type) {
	for t.Kind() == reflect.Ptr || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t] {
		return
	}
	seen[t] = true
	if out := fields(t, ""); len(out) > 0 {
		sort.Strings(out)
		marks[definition(t)] = out
	}
}

func main() {
	if err := extensions.AddToScheme(scheme.Scheme); err != nil {
		panic(err)
	}
	for _, t := range scheme.Scheme.AllKnownTypes() {
		walk(t)
	}
	table, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	var names []string
	for lines := bufio.NewScanner(table); lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) > 1 && words[0] == "T" && marks[words[1]] != nil {
			names = append(names, words[1])
		}
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Println(strings.TrimPrefix(name, "io.k8s."), strings.Join(marks[name], " "))
	}
}
