package dev.coracle.kubelet.internal.image;

import dev.coracle.kubelet.spi.CriException;
import java.util.Map;

/**
 * Why an image was not pulled, as the status of a container that waits for it says. Runtimes that
 * tell a registry that is away, or an image whose signature does not hold, begin what they say with
 * the reason.
 *
 * @param reason such as {@code ErrImagePull}
 */
record PullProblem(String reason, String message) {
  private static final Map<String, String> KNOWN =
      Map.of(
          "RegistryUnavailable", "the registry is unavailable",
          "SignatureValidationFailed", "the signature validation failed");

  /**
   * @param image as the pod names it
   * @param said by the runtime, or by the kubelet
   */
  static PullProblem of(String image, String said) {
    for (Map.Entry<String, String> known : KNOWN.entrySet()) {
      if (said.startsWith(known.getKey())) {
        return new PullProblem(
            known.getKey(),
            "image pull failed for "
                + image
                + " because "
                + known.getValue()
                + said.substring(known.getKey().length()));
      }
    }
    return new PullProblem("ErrImagePull", said);
  }

  /**
   * What the runtime says of a pull; that it does not know what kind of error it is, is left out.
   */
  static String text(CriException e) {
    return e.code() == CriException.Code.UNKNOWN ? String.valueOf(e.getMessage()) : e.describe();
  }

  /** As the message of a pod that is to try again says it. */
  String describe() {
    return reason + ": " + message;
  }
}
