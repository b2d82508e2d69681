package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import org.jspecify.annotations.Nullable;

/**
 * What policies of both kinds have in common. The part with expressions is compiled when it is
 * first asked for; a lost race compiles an equal one twice.
 *
 * @param <P> the compiled part
 */
final class Policy<P> {

  /** Compiles a policy's {@code spec}. */
  interface Compiler<P> {
    P compile(JsonNode spec);
  }

  private final KubeObject object;
  private final Compiler<P> compiler;
  private final MatchResources match;
  private final @Nullable GroupVersionKind paramKind;
  private final boolean ignoresFailure;
  private volatile @Nullable P compiled;

  Policy(KubeObject object, Compiler<P> compiler) {
    this.object = object;
    this.compiler = compiler;
    JsonNode spec = object.at("spec");
    match = MatchResources.of(spec.path("matchConstraints"));
    JsonNode kind = spec.path("paramKind");
    paramKind =
        kind.isObject()
            ? GroupVersionKind.of(kind.path("apiVersion").asText(""), kind.path("kind").asText(""))
            : null;
    ignoresFailure = spec.path("failurePolicy").asText("Fail").equals("Ignore");
  }

  String name() {
    return object.name();
  }

  MatchResources match() {
    return match;
  }

  @Nullable GroupVersionKind paramKind() {
    return paramKind;
  }

  boolean ignoresFailure() {
    return ignoresFailure;
  }

  boolean reinvoked() {
    return object.text("spec", "reinvocationPolicy").equals("IfNeeded");
  }

  P compiled() {
    P p = compiled;
    if (p == null) {
      p = compiler.compile(object.at("spec"));
      compiled = p;
    }
    return p;
  }
}
