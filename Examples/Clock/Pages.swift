import Nestbox

/// The page, the same for everyone; its script does the rest.
enum Pages {
    static let clock = Response.html(
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <link rel="icon" href="data:,">
        <title>Clock</title>
        <style>\(style)</style>
        <main>
        <div class="face">
            <svg viewBox="0 0 200 200" aria-hidden="true">
                <circle class="dial" cx="100" cy="100" r="94" pathLength="60"/>
                <circle id="ring" cx="100" cy="100" r="94" pathLength="60" stroke-dasharray="0 60"/>
            </svg>
            <div>
                <time id="time" role="timer">--:--:--</time>
                <span id="date"></span>
            </div>
        </div>
        <p><span id="status" data-state="connecting" role="status">Connecting …</span> <span id="viewers"></span></p>
        <p id="away"></p>
        </main>
        <script>\(script)</script>
        """)

    private static let script = #"""
        "use strict";
        const part = id => document.getElementById(id);
        let last = "";

        function say(state, text) {
            part("status").dataset.state = state;
            part("status").textContent = text;
        }

        function connect() {
            // Relative: it works wherever the application is mounted.
            const source = new EventSource(last ? "ticks?after=" + last : "ticks");
            source.onopen = () => say("live", "Live");
            source.onmessage = event => {
                const { time, viewers } = JSON.parse(event.data), now = new Date(time * 1000);
                last = event.lastEventId;
                part("time").textContent = now.toLocaleTimeString("en-GB");
                part("time").dateTime = now.toISOString();
                part("date").textContent = now.toLocaleDateString(
                    "en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
                part("viewers").textContent = viewers === 1 ? "1 viewer" : viewers + " viewers";
                part("ring").setAttribute("stroke-dasharray", now.getSeconds() + " 60");
            };
            source.addEventListener("away", event => part("away").textContent = `Back after ${event.data} s away.`);
            source.onerror = () => {
                say("lost", "Connecting again …");
                // After a broken connection it tries again by itself, after an error page it does not.
                if (source.readyState === EventSource.CLOSED) setTimeout(connect, 1000);
            };
        }
        connect();
        """#

    private static let style = """
        :root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif; }
        body {
            margin: 0; min-height: 100vh; display: grid; place-items: center;
            background: light-dark(#eef1f6, #14171c);
        }
        main { text-align: center; padding: 1rem; }
        .face { position: relative; width: min(88vw, 66vh, 34rem); aspect-ratio: 1; display: grid; place-items: center; }
        .face div { display: grid; gap: 0.25rem; }
        svg { position: absolute; inset: 0; transform: rotate(-90deg); }
        circle { fill: light-dark(#fff, #20242c); stroke-width: 5; }
        .dial { stroke: light-dark(#ccd5e4, #3a4250); stroke-dasharray: 0.25 0.75; }
        #ring { fill: none; stroke: light-dark(#2456b8, #9dbcff); }
        .face > div { position: relative; container-type: inline-size; width: 78%; }
        #time { font-size: 21cqi; line-height: 1.1; font-weight: 300; font-variant-numeric: tabular-nums; }
        #date { font-size: max(0.9rem, 4.6cqi); color: light-dark(#566175, #a5b0c2); min-height: 1.5em; }
        p { margin: 1rem 0 0; color: light-dark(#566175, #a5b0c2); min-height: 1.5em; }
        p + p { margin: 0; }
        #status { font-weight: 600; color: light-dark(#1d6b34, #7fd49a); }
        #status::before {
            content: ""; display: inline-block; width: 0.6em; height: 0.6em; margin-right: 0.4em;
            border-radius: 50%; background: currentColor;
        }
        #status:not([data-state=live]) { color: light-dark(#a6480c, #f0b07a); }
        #viewers:not(:empty)::before { content: "· "; }
        """
}
