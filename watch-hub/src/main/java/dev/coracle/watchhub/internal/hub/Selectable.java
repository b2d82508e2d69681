package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.KubeObject;
import java.util.Map;
import java.util.function.Function;

/** The selectable fields of a resource, name and namespace left out, which are in the key. */
interface Selectable {
  Map<String, Function<KubeObject, String>> fields();
}
