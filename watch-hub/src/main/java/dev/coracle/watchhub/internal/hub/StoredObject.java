package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.KubeObject;
import dev.coracle.watchhub.StoredReader;
import org.jspecify.annotations.Nullable;

/**
 * One object at one revision in the cache. Its facts are read when a selector first asks, at most
 * once or, in a lost race, twice with the same outcome.
 */
final class StoredObject {

  /** {@code ns/name}, or {@code name}. */
  final String key;

  final long revision;
  final KubeObject object;
  private volatile @Nullable Facts facts;

  StoredObject(String key, long revision, KubeObject object) {
    this.key = key;
    this.revision = revision;
    this.object = object;
  }

  /** From the stored bytes, which have no resourceVersion. */
  static StoredObject of(String key, long revision, byte[] value) {
    return new StoredObject(key, revision, KubeObject.ofJson(JsonSplice.with(value, revision)));
  }

  static StoredObject of(String key, long revision, StoredReader.Value value) {
    return new StoredObject(key, revision, KubeObject.ofJson(JsonSplice.with(value, revision)));
  }

  Facts facts(Selectable selectable) {
    Facts f = facts;
    if (f == null) {
      f = Facts.of(object.trimmed(), selectable.fields());
      facts = f;
    }
    return f;
  }

  String name() {
    return key.substring(key.lastIndexOf('/') + 1);
  }

  String namespace() {
    int slash = key.indexOf('/');
    return slash < 0 ? "" : key.substring(0, slash);
  }

  int size() {
    return object.json().length;
  }
}
