package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.apiserver.internal.admission.AdmissionPlugin;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.crd.ValidationRules;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.function.BooleanSupplier;

/**
 * Lets the first request that has to do with expressions wait until their engine is loaded; it
 * refuses nothing. Once that is so it costs a look at a flag.
 */
public final class ExpressionsFirst implements AdmissionPlugin {

  private final Vertx vertx;
  private final BooleanSupplier everyRequest;

  /**
   * @param everyRequest whether there are policies or conditions that any request is held to
   */
  public ExpressionsFirst(Vertx vertx, BooleanSupplier everyRequest) {
    this.vertx = vertx;
    this.everyRequest = everyRequest;
  }

  @Override
  public String name() {
    return "ExpressionsFirst";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    return CelWarmth.isWarm() || !needed(request) ? Backstage.DONE : CelWarmth.warmUp(vertx);
  }

  private boolean needed(AdmissionRequest request) {
    if (everyRequest.getAsBoolean()) {
      return true;
    }
    ObjectNode object = request.object();
    if (object == null) {
      return false;
    }
    if (!request.call().type().definition().builtIn()) {
      ObjectNode schema = request.call().type().definition().schema().constraints();
      return schema != null && ValidationRules.in(schema);
    }
    return switch (request.resource().group()) {
      case "admissionregistration.k8s.io" ->
          object.findValue("expression") != null || object.findValue("valueExpression") != null;
      case "resource.k8s.io" -> object.findValue("expression") != null;
      case "apiextensions.k8s.io" -> ValidationRules.in(object);
      default -> false;
    };
  }
}
