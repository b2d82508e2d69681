package dev.coracle.criruntime.server;

import dev.coracle.cri.v1.Image;
import dev.coracle.cri.v1.Int64Value;

/** Who an image's processes run as, in the protocol's words. */
public final class ImageUser {

  private ImageUser() {}

  /**
   * @param user of the image's config, {@code user:group}; a number is a uid, and one that is none
   *     of 64 bits is a name as any other
   */
  public static void set(Image.Builder image, String user) {
    int colon = user.indexOf(':');
    String name = colon < 0 ? user : user.substring(0, colon);
    if (name.matches("[0-9]{1,18}")) {
      image.setUid(Int64Value.newBuilder().setValue(Long.parseLong(name)));
    } else {
      image.setUsername(name);
    }
  }
}
