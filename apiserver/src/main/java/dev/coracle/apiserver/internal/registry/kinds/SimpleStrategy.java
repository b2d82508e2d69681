package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import java.util.Map;
import java.util.Set;

/** Kinds about which nothing is special but these traits. */
public record SimpleStrategy(Set<Trait> traits) implements KindStrategy {

  private enum Trait {
    /** {@code metadata.generation} counts the changes of the wanted state. */
    COUNTED,
    /** {@code metadata.generation} is 1, whatever changes. */
    NUMBERED,
    /** An update of an absent object creates it. */
    MADE_BY_UPDATE,
    /** An update must name the revision it is of. */
    VERSIONED,
    /** A write of the status changes no metadata. */
    STATUS_ALONE,
    /** A delete answers with the object. */
    TOLD_WHEN_DELETED,
    /** Nothing depends on it: what a delete says of dependents means nothing. */
    ALONE
  }

  private static final SimpleStrategy VERSIONED_AND_COUNTED = with(Trait.COUNTED, Trait.VERSIONED);
  private static final SimpleStrategy VERSIONED = with(Trait.VERSIONED);
  private static final SimpleStrategy COUNTED_AND_TOLD =
      with(Trait.COUNTED, Trait.TOLD_WHEN_DELETED);

  private static final SimpleStrategy VERSIONED_COUNTED_AND_STATUS_ALONE =
      with(Trait.COUNTED, Trait.VERSIONED, Trait.STATUS_ALONE);

  /** Custom resources of all definitions. */
  public static final KindStrategy CUSTOM = VERSIONED_COUNTED_AND_STATUS_ALONE;

  /** By {@code resource.group}. */
  public static final Map<String, SimpleStrategy> ALL =
      Map.ofEntries(
          Map.entry("configmaps", with()),
          Map.entry("nodes", with()),
          Map.entry("serviceaccounts", with(Trait.TOLD_WHEN_DELETED)),
          Map.entry("limitranges", with(Trait.MADE_BY_UPDATE)),
          Map.entry("resourcequotas", with(Trait.TOLD_WHEN_DELETED)),
          Map.entry("endpoints", with(Trait.MADE_BY_UPDATE)),
          Map.entry("events", with(Trait.MADE_BY_UPDATE, Trait.ALONE)),
          Map.entry("events.events.k8s.io", with(Trait.MADE_BY_UPDATE, Trait.ALONE)),
          Map.entry("podtemplates", COUNTED_AND_TOLD),
          Map.entry("controllerrevisions.apps", with()),
          Map.entry("ipaddresses.networking.k8s.io", with()),
          Map.entry("servicecidrs.networking.k8s.io", with(Trait.STATUS_ALONE)),
          Map.entry("poddisruptionbudgets.policy", VERSIONED_AND_COUNTED),
          Map.entry("leases.coordination.k8s.io", with(Trait.MADE_BY_UPDATE, Trait.VERSIONED)),
          Map.entry(
              "leasecandidates.coordination.k8s.io", with(Trait.MADE_BY_UPDATE, Trait.VERSIONED)),
          Map.entry("storageclasses.storage.k8s.io", with(Trait.TOLD_WHEN_DELETED)),
          Map.entry("volumeattributesclasses.storage.k8s.io", with(Trait.TOLD_WHEN_DELETED)),
          Map.entry("csinodes.storage.k8s.io", with(Trait.VERSIONED, Trait.TOLD_WHEN_DELETED)),
          Map.entry("csistoragecapacities.storage.k8s.io", VERSIONED),
          Map.entry(
              "storageversionmigrations.storagemigration.k8s.io",
              with(Trait.VERSIONED, Trait.STATUS_ALONE)),
          Map.entry("runtimeclasses.node.k8s.io", with(Trait.MADE_BY_UPDATE, Trait.VERSIONED)),
          Map.entry("priorityclasses.scheduling.k8s.io", with(Trait.NUMBERED)),
          Map.entry(
              "apiservices.apiregistration.k8s.io", with(Trait.VERSIONED, Trait.STATUS_ALONE)),
          Map.entry("clustertrustbundles.certificates.k8s.io", VERSIONED),
          Map.entry("deviceclasses.resource.k8s.io", COUNTED_AND_TOLD),
          Map.entry("flowschemas.flowcontrol.apiserver.k8s.io", VERSIONED_COUNTED_AND_STATUS_ALONE),
          Map.entry(
              "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
              VERSIONED_COUNTED_AND_STATUS_ALONE),
          Map.entry(
              "mutatingwebhookconfigurations.admissionregistration.k8s.io", VERSIONED_AND_COUNTED),
          Map.entry(
              "validatingwebhookconfigurations.admissionregistration.k8s.io",
              VERSIONED_AND_COUNTED));

  private static SimpleStrategy with(Trait... traits) {
    return new SimpleStrategy(Set.of(traits));
  }

  @Override
  public boolean tracksGeneration() {
    return traits.contains(Trait.COUNTED);
  }

  @Override
  public boolean allowsCreateOnUpdate() {
    return traits.contains(Trait.MADE_BY_UPDATE);
  }

  @Override
  public boolean allowsUnconditionalUpdate() {
    return !traits.contains(Trait.VERSIONED);
  }

  @Override
  public boolean statusKeepsMetadata() {
    return traits.contains(Trait.STATUS_ALONE);
  }

  @Override
  public String defaultPropagation() {
    return traits.contains(Trait.ALONE) ? "None" : KindStrategy.super.defaultPropagation();
  }

  @Override
  public boolean returnsDeletedObject() {
    return traits.contains(Trait.TOLD_WHEN_DELETED);
  }

  @Override
  public void prepareForCreate(ObjectNode object, Call call) {
    if (traits.contains(Trait.NUMBERED)) {
      object.withObjectProperty("metadata").put("generation", 1);
    }
  }
}
