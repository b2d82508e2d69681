package dev.coracle.apiserver.internal.admission;

import dev.coracle.apiserver.internal.podsecurity.PodSecurityConfig;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an AdmissionConfiguration says to plugins.
 *
 * @param imagePolicy null where it says nothing
 * @param mutatingWebhooks kubeconfig of what mutating webhooks are shown; null: nothing
 * @param validatingWebhooks the same for validating webhooks
 */
public record AdmissionConfig(
    PodSecurityConfig podSecurity,
    List<LimitedResource> limitedResources,
    List<EventRateLimit.Limit> eventLimits,
    NodeSelectors nodeSelectors,
    PodTolerationRestriction.Config tolerations,
    ImagePolicyWebhook.@Nullable Config imagePolicy,
    @Nullable Path mutatingWebhooks,
    @Nullable Path validatingWebhooks) {

  public static final AdmissionConfig DEFAULT =
      new AdmissionConfig(
          PodSecurityConfig.DEFAULT,
          List.of(),
          List.of(),
          NodeSelectors.NONE,
          PodTolerationRestriction.Config.NONE,
          null,
          null,
          null);

  public AdmissionConfig {
    limitedResources = List.copyOf(limitedResources);
    eventLimits = List.copyOf(eventLimits);
  }

  /** Collects what is said, in place of the defaults. */
  public static final class Builder {

    private PodSecurityConfig podSecurity = DEFAULT.podSecurity;
    private List<LimitedResource> limitedResources = DEFAULT.limitedResources;
    private List<EventRateLimit.Limit> eventLimits = DEFAULT.eventLimits;
    private NodeSelectors nodeSelectors = DEFAULT.nodeSelectors;
    private PodTolerationRestriction.Config tolerations = DEFAULT.tolerations;
    private ImagePolicyWebhook.@Nullable Config imagePolicy;
    private @Nullable Path mutatingWebhooks;
    private @Nullable Path validatingWebhooks;

    public void podSecurity(PodSecurityConfig value) {
      podSecurity = value;
    }

    public void limitedResources(List<LimitedResource> value) {
      limitedResources = value;
    }

    public void eventLimits(List<EventRateLimit.Limit> value) {
      eventLimits = value;
    }

    public void nodeSelectors(NodeSelectors value) {
      nodeSelectors = value;
    }

    public void tolerations(PodTolerationRestriction.Config value) {
      tolerations = value;
    }

    public void imagePolicy(ImagePolicyWebhook.Config value) {
      imagePolicy = value;
    }

    public void mutatingWebhooks(Path kubeconfig) {
      mutatingWebhooks = kubeconfig;
    }

    public void validatingWebhooks(Path kubeconfig) {
      validatingWebhooks = kubeconfig;
    }

    public AdmissionConfig build() {
      return new AdmissionConfig(
          podSecurity,
          limitedResources,
          eventLimits,
          nodeSelectors,
          tolerations,
          imagePolicy,
          mutatingWebhooks,
          validatingWebhooks);
    }
  }
}
