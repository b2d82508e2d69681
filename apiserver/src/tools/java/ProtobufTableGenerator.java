import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarFile;

/**
 * Writes {@code kubernetes-1.36.protobuf}: the numbers and types of the fields of every message of
 * Kubernetes' API, read from the descriptors in {@code io.kubernetes:client-java-proto}. Run by
 * hand when the version changes: {@code java -cp client-java-proto.jar:protobuf-java.jar
 * ProtobufTableGenerator.java client-java-proto.jar output}.
 */
public class ProtobufTableGenerator {

  public static void main(String[] args) throws Exception {
    Map<String, Descriptor> messages = new TreeMap<>();
    try (JarFile jar = new JarFile(args[0])) {
      for (var entry : jar.stream().toList()) {
        String name = entry.getName();
        if (name.endsWith(".class") && !name.contains("$") && name.contains("/proto/")) {
          Class<?> type = Class.forName(name.replace('/', '.').replace(".class", ""));
          try {
            FileDescriptor file = (FileDescriptor) type.getMethod("getDescriptor").invoke(null);
            for (Descriptor d : file.getMessageTypes()) {
              if (d.getFullName().startsWith("k8s.io")) {
                messages.put(d.getFullName(), d);
              }
            }
          } catch (NoSuchMethodException e) {
            // A class of the library that is no file of messages.
          }
        }
      }
    }
    List<String> names = new ArrayList<>(messages.keySet());
    try (PrintStream out = new PrintStream(Path.of(args[1]).toFile(), StandardCharsets.UTF_8)) {
      out.println("coracle-protobuf-table 1");
      for (Descriptor d : messages.values()) {
        out.println("M " + d.getFullName());
        List<FieldDescriptor> fields = new ArrayList<>(d.getFields());
        fields.sort(Comparator.comparingInt(FieldDescriptor::getNumber));
        for (FieldDescriptor f : fields) {
          String type =
              f.isMapField()
                  ? "m" + type(f.getMessageType().findFieldByName("value"), names)
                  : (f.isRepeated() ? "*" : "") + type(f, names);
          out.println(f.getNumber() + " " + f.getName() + " " + type);
        }
      }
    }
  }

  private static String type(FieldDescriptor f, List<String> names) {
    return switch (f.getType()) {
      case STRING -> "s";
      case BYTES -> "b";
      case BOOL -> "o";
      case INT32, INT64, UINT32, UINT64 -> "i";
      case DOUBLE -> "d";
      case MESSAGE -> "#" + names.indexOf(f.getMessageType().getFullName());
      default -> throw new IllegalStateException(f.getFullName() + ": " + f.getType());
    };
  }
}
