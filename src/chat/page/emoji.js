// Names of emoji, for completion.

const LIST = `
grinning 😀 smiley 😃 smile 😄 grin 😁 laughing 😆 sweat_smile 😅 rofl 🤣 joy 😂 slight_smile 🙂
upside_down 🙃 wink 😉 blush 😊 innocent 😇 hearts_face 🥰 heart_eyes 😍 star_struck 🤩 kiss 😘
yum 😋 tongue 😛 zany 🤪 money_mouth 🤑 hug 🤗 oops 🤭 shush 🤫 thinking 🤔 zipper 🤐
raised_brow 🤨 neutral 😐 expressionless 😑 no_mouth 😶 smirk 😏 unamused 😒 eye_roll 🙄
grimace 😬 lying 🤥 relieved 😌 pensive 😔 sleepy 😪 drool 🤤 sleeping 😴 mask 😷
thermometer_face 🤒 bandage 🤕 nauseated 🤢 sneeze 🤧 hot 🥵 cold 🥶 woozy 🥴 dizzy_face 😵
mind_blown 🤯 cowboy 🤠 party 🥳 sunglasses 😎 nerd 🤓 monocle 🧐 confused 😕 worried 😟 frown 🙁
surprised 😮 hushed 😯 astonished 😲 flushed 😳 pleading 🥺 anguished 😧 fearful 😨 cold_sweat 😰
sad 😥 cry 😢 sob 😭 scream 😱 confounded 😖 persevere 😣 disappointed 😞 sweat 😓 weary 😩
tired 😫 yawn 🥱 triumph 😤 rage 😡 angry 😠 swearing 🤬 devil 😈 skull 💀 poop 💩 clown 🤡
ghost 👻 alien 👽 robot 🤖 cat_joy 😹 see_no_evil 🙈 hear_no_evil 🙉 speak_no_evil 🙊
love_letter 💌 heart ❤️ orange_heart 🧡 yellow_heart 💛 green_heart 💚 blue_heart 💙
purple_heart 💜 black_heart 🖤 white_heart 🤍 broken_heart 💔 two_hearts 💕 sparkling_heart 💖
hundred 💯 anger 💢 boom 💥 dizzy 💫 droplets 💦 dash 💨 speech 💬 thought 💭 zzz 💤 wave 👋
raised_hand ✋ ok_hand 👌 pinch 🤏 victory ✌️ crossed_fingers 🤞 rock_on 🤘 call_me 🤙
point_left 👈 point_right 👉 point_up 👆 point_down 👇 thumbsup 👍 +1 👍 thumbsdown 👎 -1 👎
fist ✊ punch 👊 clap 👏 raised_hands 🙌 open_hands 👐 handshake 🤝 pray 🙏 writing ✍️ muscle 💪
brain 🧠 eyes 👀 eye 👁️ ear 👂 baby 👶 shrug 🤷 facepalm 🤦 bow 🙇 runner 🏃 dancer 💃 people 👥
family 👪 dog 🐶 cat 🐱 mouse 🐭 rabbit 🐰 fox 🦊 bear 🐻 panda 🐼 tiger 🐯 lion 🦁 cow 🐮 pig 🐷
frog 🐸 monkey 🐵 chicken 🐔 penguin 🐧 bird 🐦 owl 🦉 horse 🐴 unicorn 🦄 bee 🐝 bug 🐛
butterfly 🦋 snail 🐌 ant 🐜 turtle 🐢 snake 🐍 octopus 🐙 crab 🦀 fish 🐟 dolphin 🐬 whale 🐳
shark 🦈 elephant 🐘 sheep 🐑 bouquet 💐 rose 🌹 sunflower 🌻 tulip 🌷 seedling 🌱 tree 🌳
cactus 🌵 clover 🍀 maple_leaf 🍁 mushroom 🍄 earth 🌍 moon 🌙 sun ☀️ star ⭐ sparkles ✨ cloud ☁️
rain 🌧️ zap ⚡ snowflake ❄️ snowman ⛄ fire 🔥 droplet 💧 ocean 🌊 rainbow 🌈 apple 🍎 pear 🍐
orange 🍊 lemon 🍋 banana 🍌 watermelon 🍉 grapes 🍇 strawberry 🍓 cherries 🍒 peach 🍑 tomato 🍅
avocado 🥑 carrot 🥕 corn 🌽 bread 🍞 cheese 🧀 egg 🥚 bacon 🥓 burger 🍔 fries 🍟 pizza 🍕
hotdog 🌭 taco 🌮 salad 🥗 spaghetti 🍝 sushi 🍣 ramen 🍜 icecream 🍦 doughnut 🍩 cookie 🍪
cake 🍰 birthday 🎂 chocolate 🍫 candy 🍬 honey 🍯 milk 🥛 coffee ☕ tea 🍵 wine 🍷 cocktail 🍸
beer 🍺 beers 🍻 cheers 🥂 popcorn 🍿 soccer ⚽ basketball 🏀 football 🏈 tennis 🎾 trophy 🏆
medal 🏅 first_place 🥇 dart 🎯 game 🎮 dice 🎲 puzzle 🧩 chess ♟️ art 🎨 music 🎵 headphones 🎧
guitar 🎸 piano 🎹 drum 🥁 microphone 🎤 movie 🎬 ticket 🎫 car 🚗 taxi 🚕 bus 🚌 train 🚆 tram 🚊
bike 🚲 plane ✈️ rocket 🚀 ship 🚢 sailboat ⛵ anchor ⚓ house 🏠 office 🏢 school 🏫 castle 🏰
tent ⛺ mountain ⛰️ beach 🏖️ city 🏙️ clock 🕒 hourglass ⏳ alarm ⏰ watch ⌚ phone 📱 telephone 📞
computer 💻 keyboard ⌨️ printer 🖨️ camera 📷 tv 📺 radio 📻 battery 🔋 plug 🔌 bulb 💡
flashlight 🔦 candle 🕯️ book 📖 books 📚 newspaper 📰 bookmark 🔖 money 💰 card 💳 envelope ✉️
email 📧 package 📦 mailbox 📫 pencil ✏️ pen 🖊️ memo 📝 briefcase 💼 folder 📁 calendar 📅
chart 📈 chart_down 📉 clipboard 📋 pushpin 📌 paperclip 📎 ruler 📏 scissors ✂️ trash 🗑️ lock 🔒
unlock 🔓 key 🔑 hammer 🔨 wrench 🔧 gear ⚙️ link 🔗 magnet 🧲 microscope 🔬 telescope 🔭 pill 💊
syringe 💉 dna 🧬 test_tube 🧪 door 🚪 bed 🛏️ bath 🛁 gift 🎁 balloon 🎈 tada 🎉 confetti 🎊
crown 👑 ring 💍 gem 💎 bell 🔔 no_bell 🔕 loudspeaker 📢 mag 🔍 warning ⚠️ no_entry ⛔ stop 🛑
construction 🚧 recycle ♻️ check ✅ x ❌ plus ➕ minus ➖ question ❓ exclamation ❗ infinity ♾️ up ⬆️
down ⬇️ left ⬅️ right ➡️ back 🔙 new 🆕 ok 🆗 cool 🆒 free 🆓 sos 🆘 red_circle 🔴 green_circle 🟢
yellow_circle 🟡 blue_circle 🔵 white_circle ⚪ black_circle ⚫ checkered_flag 🏁 white_flag 🏳️
pirate_flag 🏴‍☠️
`;

const words = LIST.trim().split(/\s+/);

/** The names of those that are shown before anything is typed. */
export const USUAL = ['thumbsup', 'heart', 'joy', 'tada', 'surprised', 'sad', 'pray', 'eyes',
  'fire', 'check', 'x', 'hundred', 'clap', 'rocket', 'thinking', 'wave'];

/** Emoji by name. */
export const EMOJI = new Map();
for (let at = 0; at < words.length; at += 2) EMOJI.set(words[at], words[at + 1]);
