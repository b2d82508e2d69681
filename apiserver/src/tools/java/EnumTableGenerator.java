import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Prints the values that fields of Kubernetes' types may have where Go marks their type as an enum,
 * which the OpenAPI document of a release leaves out. It reads the source of upstream's types,
 * which Debian has as packages, and is run by hand when the project moves to another Kubernetes
 * version:
 *
 * <pre>
 * apt-get install golang-k8s-api-dev golang-k8s-apiextensions-apiserver-dev
 * java apiserver/src/tools/java/EnumTableGenerator.java /usr/share/gocode/src/k8s.io \
 *   api/src/main/resources/dev/coracle/api/schema/kubernetes-1.36.table \
 *   &gt;apiserver/src/main/resources/dev/coracle/apiserver/openapi/enums.tsv
 * </pre>
 *
 * The format is described where it is read, in {@code EnumValues}.
 */
public final class EnumTableGenerator {

  private static final List<String> PARTS =
      List.of("api", "apiextensions-apiserver/pkg/apis/apiextensions/v1");

  private static final Pattern IMPORT =
      Pattern.compile("(?m)^\\s+(?:([a-z0-9]+) )?\"k8s\\.io/([^\"]+)\"$");
  private static final Pattern TYPE =
      Pattern.compile("(?m)((?:^//.*\\n)*)^type (\\w+) (= )?([\\w.]+)$");
  private static final Pattern CONSTANT =
      Pattern.compile(
          "(?m)^(?:const |\\s+)(\\w+)\\s+(?:= )?([\\w.]+)(?:\\s+= |\\()(?:\"([^\"]*)\"|([\\w.]+)\\)$)");
  private static final Pattern STRUCT = Pattern.compile("(?ms)^type (\\w+) struct \\{\\n(.*?)^\\}");
  private static final Pattern FIELD =
      Pattern.compile("(?m)^\\t(?:(\\w+)\\s+)?(\\S+)\\s+`[^`]*json:\"([^\",]*)(,inline)?[^`]*`");
  private static final Pattern MARK = Pattern.compile("(?m)^//\\s*\\+enum\\s*$");

  /** By the name of a type, such as {@code api/core/v1.Protocol}. */
  private final Map<String, Set<String>> enums = new HashMap<>();

  /** Of constants. */
  private final Map<String, String> values = new HashMap<>();

  private final Map<String, String> aliases = new HashMap<>();
  private final Map<String, String> structs = new TreeMap<>();
  private final Map<String, Map<String, String>> imports = new HashMap<>();

  private EnumTableGenerator() {}

  public static void main(String[] args) throws IOException {
    EnumTableGenerator generator = new EnumTableGenerator();
    Map<String, String> sources = new TreeMap<>();
    Path root = Path.of(args[0]);
    for (String part : PARTS) {
      try (Stream<Path> files = Files.walk(root.resolve(part))) {
        for (Path file : files.filter(EnumTableGenerator::hasTypes).toList()) {
          sources.merge(
              root.relativize(file.getParent()).toString(), Files.readString(file), String::concat);
        }
      }
    }
    sources.forEach(generator::types);
    sources.forEach(generator::constants);
    Set<String> known =
        Files.readAllLines(Path.of(args[1])).stream()
            .filter(line -> line.startsWith("T "))
            .map(line -> line.split(" ")[1])
            .collect(Collectors.toSet());
    generator.print(known);
  }

  private static boolean hasTypes(Path file) {
    return file.getFileName().toString().matches("types\\w*\\.go");
  }

  private void types(String folder, String source) {
    Map<String, String> names = new HashMap<>();
    for (Matcher m = IMPORT.matcher(source); m.find(); ) {
      String path = m.group(2);
      names.put(m.group(1) == null ? path.substring(path.lastIndexOf('/') + 1) : m.group(1), path);
    }
    imports.put(folder, names);
    for (Matcher m = TYPE.matcher(source); m.find(); ) {
      String name = folder + "." + m.group(2);
      if (m.group(3) != null) {
        aliases.put(name, full(folder, m.group(4)));
      } else if (m.group(4).equals("string") && MARK.matcher(m.group(1)).find()) {
        enums.put(name, new TreeSet<>());
      }
    }
    for (Matcher m = STRUCT.matcher(source); m.find(); ) {
      structs.put(folder + "." + m.group(1), m.group(2));
    }
  }

  private void constants(String folder, String source) {
    for (Matcher m = CONSTANT.matcher(source); m.find(); ) {
      String other = m.group(4);
      String value = other == null ? m.group(3) : values.get(full(folder, other));
      Set<String> known = enums.get(full(folder, m.group(2)));
      if (known != null && value != null) {
        known.add(value);
        values.put(folder + "." + m.group(1), value);
      }
    }
  }

  private String full(String folder, String type) {
    int dot = type.indexOf('.');
    String name =
        dot < 0
            ? folder + "." + type
            : imports.get(folder).getOrDefault(type.substring(0, dot), "") + type.substring(dot);
    return aliases.getOrDefault(name, name);
  }

  private void print(Set<String> known) {
    List<String> lines = new ArrayList<>();
    for (String struct : structs.keySet()) {
      String definition = "io.k8s." + struct.replace('/', '.');
      if (known.contains(definition)) {
        fields(
            struct,
            (field, values) ->
                lines.add(definition + "\t" + field + "\t" + String.join(",", values)));
      }
    }
    lines.stream().sorted().distinct().forEach(System.out::println);
  }

  private interface Sink {
    void field(String name, Set<String> values);
  }

  private void fields(String struct, Sink sink) {
    String folder = struct.substring(0, struct.lastIndexOf('.'));
    for (Matcher m = FIELD.matcher(structs.getOrDefault(struct, "")); m.find(); ) {
      String type = m.group(2).replaceFirst("^(\\*|\\[\\]|map\\[\\w+\\])+", "");
      if (m.group(3).isEmpty()) {
        fields(full(folder, type), sink);
      } else if (enums.containsKey(full(folder, type))) {
        sink.field(m.group(3), enums.get(full(folder, type)));
      }
    }
  }
}
