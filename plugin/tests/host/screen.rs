//! A display of the test's own, and the host's side of the screen.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, CreateWindowAux, ImageFormat, WindowClass};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use super::Host;

/// Keysyms of X11.
pub const KEY_HOME: u32 = 0xff50;
pub const KEY_DOWN: u32 = 0xff54;
pub const KEY_B: u32 = 0x62;
pub const KEY_SHIFT: u32 = 0xffe1;

/// An X server with nothing on it, which goes with the test.
pub struct Display(Child, pub String);

impl Display {
    pub fn start() -> Self {
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1600x1000x24",
                "-nolisten",
                "tcp",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb, which `cargo xtask test` installs");
        let mut number = String::new();
        let said = server.stdout.take().expect("what the server says");
        BufReader::new(said)
            .read_line(&mut number)
            .expect("a display");
        Self(server, format!(":{}", number.trim()))
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The host's side of the screen.
pub struct Screen {
    connection: RustConnection,
    root: u32,
    pub window: u32,
}

impl Screen {
    pub fn new() -> Self {
        let screen = Self::unseen();
        let window = screen.connection.map_window(screen.window);
        window.expect("a window that shows");
        screen.connection.flush().expect("a display");
        screen
    }

    /// With a window that does not show: to look at those that do.
    pub fn unseen() -> Self {
        let (connection, number) = RustConnection::connect(None).expect("a display");
        let screen = &connection.setup().roots[number];
        let (root, depth, visual) = (screen.root, screen.root_depth, screen.root_visual);
        let window = connection.generate_id().expect("a number");
        let look = CreateWindowAux::new();
        connection
            .create_window(
                depth,
                window,
                root,
                0,
                0,
                1500,
                900,
                0,
                WindowClass::INPUT_OUTPUT,
                visual,
                &look,
            )
            .expect("a window");
        Self {
            connection,
            root,
            window,
        }
    }

    /// Whether the display knows of a window inside the host's.
    pub fn holds_a_window(&self) -> bool {
        let tree = self.connection.query_tree(self.window);
        let tree = tree.expect("a tree").reply().expect("a tree");
        !tree.children.is_empty()
    }

    /// Moves the pointer, presses (4 button press, 5 release) or turns the wheel.
    pub fn pointer(&self, kind: u8, detail: u8, x: i16, y: i16) {
        self.connection
            .xtest_fake_input(kind, detail, 0, self.root, x, y, 0)
            .expect("a pointer");
        self.connection.flush().expect("a display");
        std::thread::sleep(Duration::from_millis(30));
    }

    pub fn click(&self, x: i16, y: i16) {
        self.pointer(6, 0, x, y);
        self.pointer(4, 1, 0, 0);
        self.pointer(5, 1, 0, 0);
    }

    /// Presses a key by its X11 keysym, and lets go of it.
    pub fn key(&self, keysym: u32) {
        self.key_part(2, keysym);
        self.key_part(3, keysym);
    }

    /// Presses a key (2) or lets go of it (3).
    pub fn key_part(&self, kind: u8, keysym: u32) {
        let setup = self.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let map = self
            .connection
            .get_keyboard_mapping(first, last - first + 1);
        let map = map.expect("a keyboard").reply().expect("a keyboard");
        let each = usize::from(map.keysyms_per_keycode);
        let row = map.keysyms.chunks(each).position(|row| row[0] == keysym);
        let code = first + row.expect("a key") as u8;
        self.pointer(kind, code, 0, 0);
    }

    /// Whether the window of 720 by 440 pixels has a notice in the colour of warnings, in dark: over the
    /// picture, and not in the small print below it.
    pub fn shows_a_warning<H: Host>(&self, name: &str) -> bool {
        let pixels = self.picture(720, 440);
        save::<H>(name, &pixels, 720, 440);
        let rows = pixels.chunks(720).take(378).skip(68);
        let picture = rows.flat_map(|row| &row[118..602]);
        // The bar beside a notice of one line.
        picture.filter(|p| **p == [0xff, 0x7a, 0x66]).count() > 25
    }

    /// Red, green and blue of all pixels of the plugin's window.
    pub fn picture(&self, width: u16, height: u16) -> Vec<[u8; 3]> {
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, !0)
            .expect("a picture")
            .reply()
            .expect("a picture");
        let pixels = image.data.chunks_exact(4);
        pixels.map(|bgrx| [bgrx[2], bgrx[1], bgrx[0]]).collect()
    }
}

pub fn save<H: Host>(name: &str, pixels: &[[u8; 3]], width: u16, height: u16) {
    let format = format!("{:?}", H::FORMAT).to_lowercase();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("window")
        .join(format);
    std::fs::create_dir_all(&folder).expect("a folder for pictures");
    let file = std::fs::File::create(folder.join(name)).expect("a picture");
    let mut encoder = png::Encoder::new(file, width.into(), height.into());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a header");
    writer
        .write_image_data(pixels.as_flattened())
        .expect("the picture");
}
