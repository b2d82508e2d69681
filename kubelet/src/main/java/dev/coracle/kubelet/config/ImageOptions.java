package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;

/**
 * How images come to the node and go from it.
 *
 * @param parallelPulls pulls at once, {@link Integer#MAX_VALUE} for as many as are wanted ({@code
 *     serializeImagePulls}, {@code maxParallelImagePulls})
 * @param rate pulls in a time
 * @param highPercent how full the images' disk is when unused images are removed
 * @param lowPercent how full it may stay
 * @param minimumAge younger ones are not removed
 * @param maximumAge those unused for so long are removed in any case; zero: never
 * @param verification which images that are here a pod may have without showing that it may pull
 *     them
 * @param providers programs that give credentials of registries
 */
public record ImageOptions(
    int parallelPulls,
    PullRate rate,
    int highPercent,
    int lowPercent,
    Duration minimumAge,
    Duration maximumAge,
    PullVerification verification,
    CredentialProviders providers) {

  public static final ImageOptions DEFAULT =
      new ImageOptions(
          1,
          PullRate.NONE,
          85,
          80,
          Duration.ofMinutes(2),
          Duration.ZERO,
          PullVerification.DEFAULT,
          CredentialProviders.NONE);

  public ImageOptions withProviders(CredentialProviders others) {
    return new ImageOptions(
        parallelPulls, rate, highPercent, lowPercent, minimumAge, maximumAge, verification, others);
  }

  /**
   * @throws IllegalArgumentException in upstream's words
   */
  static ImageOptions parse(JsonNode document) {
    int high = percent(document, "imageGCHighThresholdPercent", DEFAULT.highPercent);
    int low = percent(document, "imageGCLowThresholdPercent", DEFAULT.lowPercent);
    if (low >= high) {
      throw ConfigFields.invalid(
          "imageGCLowThresholdPercent "
              + low
              + " must be less than imageGCHighThresholdPercent "
              + high);
    }
    Duration youngest = ConfigFields.period(document, "imageMinimumGCAge", DEFAULT.minimumAge);
    Duration oldest = ConfigFields.duration(document, "imageMaximumGCAge", DEFAULT.maximumAge);
    if (!oldest.isZero() && oldest.compareTo(youngest) <= 0) {
      throw ConfigFields.invalid(
          "imageMaximumGCAge "
              + document.path("imageMaximumGCAge").asText()
              + " must be greater than imageMinimumGCAge "
              + document.path("imageMinimumGCAge").asText("2m0s"));
    }
    return new ImageOptions(
        pulls(document),
        PullRate.parse(document),
        high,
        low,
        youngest,
        oldest,
        PullVerification.of(
            document.path("imagePullCredentialsVerificationPolicy").asText(""),
            ConfigFields.list(document, "preloadedImagesVerificationAllowlist")),
        CredentialProviders.NONE);
  }

  private static int percent(JsonNode document, String field, int otherwise) {
    return ConfigFields.number(document, field, otherwise, 100);
  }

  /** Whoever asks for some at once need not say that they do not come one by one. */
  private static int pulls(JsonNode document) {
    String field = "maxParallelImagePulls";
    boolean said = document.has(field);
    int most = ConfigFields.number(document, field, Integer.MAX_VALUE, Integer.MAX_VALUE);
    if (most < 1) {
      throw ConfigFields.invalid(field + " " + most + " must be a positive number");
    }
    if (!document.has("serializeImagePulls")) {
      return said ? most : DEFAULT.parallelPulls;
    }
    if (!ConfigFields.flag(document, "serializeImagePulls", true)) {
      return most;
    }
    if (said && most > 1) {
      throw ConfigFields.invalid(
          field
              + " cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is"
              + " set to false");
    }
    return 1;
  }
}
