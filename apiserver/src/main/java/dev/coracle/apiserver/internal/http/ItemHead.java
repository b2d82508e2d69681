package dev.coracle.apiserver.internal.http;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * What the encodings of one kind's objects begin with: the version and the kind. Items of a list of
 * a built-in kind do not have them, as in Go, where the list's type says of what kind they are.
 */
final class ItemHead {

  private final byte[] versionFirst;
  private final byte[] kindFirst;

  ItemHead(GroupVersionKind kind) {
    String version = "\"apiVersion\":\"" + kind.apiVersion() + "\",";
    String name = "\"kind\":\"" + kind.kind() + "\",";
    this.versionFirst = ("{" + version + name).getBytes(StandardCharsets.UTF_8);
    this.kindFirst = ("{" + name + version).getBytes(StandardCharsets.UTF_8);
  }

  /** How long it is here; 0 where the two do not stand at the beginning. */
  int length(byte[] item) {
    return begins(item, versionFirst) || begins(item, kindFirst) ? versionFirst.length : 0;
  }

  /** The object's JSON without them, wherever they stand. */
  byte[] without(KubeObject object) {
    byte[] json = object.json();
    int length = length(json);
    if (length == 0) {
      return Json.bytes(object.fleeting().tree().deepCopy().without(List.of("apiVersion", "kind")));
    }
    byte[] out = Arrays.copyOfRange(json, length - 1, json.length);
    out[0] = '{';
    return out;
  }

  private static boolean begins(byte[] item, byte[] head) {
    // Nothing but the two would leave a comma too much.
    return item.length > head.length && Arrays.equals(item, 0, head.length, head, 0, head.length);
  }
}
