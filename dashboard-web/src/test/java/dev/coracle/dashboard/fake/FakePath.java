package dev.coracle.dashboard.fake;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A path of the API taken apart; absent parts are empty. */
record FakePath(FakeKind kind, String namespace, String name, String subresource) {
  static FakePath parse(String path) {
    List<String> parts =
        new ArrayList<>(
            Stream.of(path.substring(1).split("/"))
                .map(part -> URLDecoder.decode(part, StandardCharsets.UTF_8))
                .toList());
    String group =
        parts.removeFirst().equals("apis") && !parts.isEmpty() ? parts.removeFirst() : "";
    String version = parts.isEmpty() ? "" : parts.removeFirst();
    String namespace = "";
    if (parts.size() > 2 && parts.getFirst().equals("namespaces")) {
      parts.removeFirst();
      namespace = parts.removeFirst();
    }
    String resource = parts.isEmpty() ? "" : parts.removeFirst();
    FakeKind kind =
        FakeKind.ALL.stream()
            .filter(k ->
                k.group().equals(group)
                    && k.version().equals(version)
                    && k.resource().equals(resource))
            .findFirst()
            .orElseThrow(() ->
                new FakeStatus(
                    404, "NotFound", "the server could not find the requested resource"));
    String name = parts.isEmpty() ? "" : parts.removeFirst();
    return new FakePath(kind, namespace, name, parts.isEmpty() ? "" : parts.getFirst());
  }
}
